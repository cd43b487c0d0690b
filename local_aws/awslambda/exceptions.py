"""Errors of the Lambda API, named as AWS names them; botocore's model says their status."""

from moto.core.exceptions import ServiceException


class AccessDeniedException(ServiceException):
    code = "AccessDeniedException"


class InvalidParameterValueException(ServiceException):
    code = "InvalidParameterValueException"


class InvalidRequestContentException(ServiceException):
    code = "InvalidRequestContentException"


class PreconditionFailedException(ServiceException):
    code = "PreconditionFailedException"


class RequestTooLargeException(ServiceException):
    code = "RequestTooLargeException"


class ResourceConflictException(ServiceException):
    code = "ResourceConflictException"


class ResourceNotFoundException(ServiceException):
    code = "ResourceNotFoundException"


class TooManyRequestsException(ServiceException):
    """`Reason` says which limit: of the function (reserved) or of the account."""

    code = "TooManyRequestsException"

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.Type = "User"
        self.Reason = reason


class ValidationException(ServiceException):
    code = "ValidationException"
