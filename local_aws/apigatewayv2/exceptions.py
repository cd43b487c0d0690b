"""Errors of the API Gateway V2 API, named as AWS names them."""

from moto.core.exceptions import ServiceException


class NotFoundException(ServiceException):
    code = "NotFoundException"


class BadRequestException(ServiceException):
    code = "BadRequestException"


class ConflictException(ServiceException):
    code = "ConflictException"


class NotSupportedError(BadRequestException):
    """What API Gateway does and this endpoint does not."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The local endpoint does not support {what}.")
