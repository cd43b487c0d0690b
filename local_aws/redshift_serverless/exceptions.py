"""Errors of the Redshift Serverless API, named as AWS names them."""

from moto.core.exceptions import ServiceException


class ConflictException(ServiceException):
    code = "ConflictException"


class ResourceNotFoundException(ServiceException):
    code = "ResourceNotFoundException"


class ValidationException(ServiceException):
    code = "ValidationException"
