"""Errors of the Data API, and the error of a statement that cannot be run."""

from moto.core.exceptions import ServiceException


class ValidationException(ServiceException):
    code = "ValidationException"


class ResourceNotFoundException(ServiceException):
    code = "ResourceNotFoundException"


class StatementError(Exception):
    """A statement that fails before or beside the database; its text becomes the statement's Error."""


class UnsupportedSqlError(StatementError):
    """SQL that Redshift runs and the local endpoint does not."""

    def __init__(self, what: str) -> None:
        super().__init__(f"ERROR: {what} is not supported by the local endpoint.")
