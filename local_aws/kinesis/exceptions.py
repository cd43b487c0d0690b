"""Errors of the Kinesis API, named as AWS names them."""

from moto.core.exceptions import ServiceException


class ExpiredIteratorException(ServiceException):
    code = "ExpiredIteratorException"


class InvalidArgumentException(ServiceException):
    code = "InvalidArgumentException"


class LimitExceededException(ServiceException):
    code = "LimitExceededException"


class ProvisionedThroughputExceededException(ServiceException):
    code = "ProvisionedThroughputExceededException"


class ResourceInUseException(ServiceException):
    code = "ResourceInUseException"


class ResourceNotFoundException(ServiceException):
    code = "ResourceNotFoundException"


class ValidationException(ServiceException):
    code = "ValidationException"
