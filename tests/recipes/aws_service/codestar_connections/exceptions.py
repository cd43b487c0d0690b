"""Errors of the CodeStar Connections API, named as AWS names them."""

from moto.core.exceptions import ServiceException


class ResourceNotFoundException(ServiceException):
    code = "ResourceNotFoundException"
