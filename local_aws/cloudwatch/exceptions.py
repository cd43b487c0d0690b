"""Errors of the CloudWatch API, named as AWS names them."""

from moto.core.exceptions import ServiceException


class DashboardInvalidInputError(ServiceException):
    code = "InvalidParameterInput"

    def __init__(self, message: str, messages: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.dashboard_validation_messages = messages


class DashboardNotFoundError(ServiceException):
    code = "ResourceNotFound"


class InvalidFormatFault(ServiceException):
    code = "InvalidFormat"


class InvalidNextToken(ServiceException):
    code = "InvalidNextToken"


class InvalidParameterCombination(ServiceException):
    code = "InvalidParameterCombination"


class InvalidParameterValue(ServiceException):
    code = "InvalidParameterValue"


class MissingRequiredParameter(ServiceException):
    code = "MissingParameter"


class ResourceNotFound(ServiceException):
    code = "ResourceNotFound"


class ValidationError(ServiceException):
    code = "ValidationError"
