"""Errors of the STS API, named as AWS names them."""

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):
    code = "ValidationError"


class MalformedPolicyDocument(ServiceException):
    code = "MalformedPolicyDocument"
