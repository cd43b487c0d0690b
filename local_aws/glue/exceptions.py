"""Errors of Glue that moto does not have, and the two that it words for one operation only."""

from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException, GlueClientError

__all__ = [
    "ConcurrentModificationError",
    "EntityNotFoundException",
    "InvalidInputError",
    "JobAlreadyExistsError",
    "OperationNotSupportedError",
]


class InvalidInputError(GlueClientError):
    def __init__(self, message: str) -> None:
        super().__init__("InvalidInputException", message)


class ConcurrentModificationError(GlueClientError):
    def __init__(self, message: str) -> None:
        super().__init__("ConcurrentModificationException", message)


class OperationNotSupportedError(GlueClientError):
    def __init__(self, operation: str) -> None:
        super().__init__("OperationNotSupportedException", f"The local Glue does not support {operation}.")


class JobAlreadyExistsError(AlreadyExistsException):
    def __init__(self, name: str) -> None:
        super().__init__(f"Job {name}")
