"""Errors of the DynamoDB Streams API, named as AWS names them."""

from moto.core.exceptions import ServiceException


class ExpiredIteratorException(ServiceException):
    code = "ExpiredIteratorException"


class ResourceNotFoundException(ServiceException):
    code = "ResourceNotFoundException"


class ValidationException(ServiceException):
    code = "ValidationException"
