"""Errors of the DMS API that moto's own module lacks."""

from moto.dms.exceptions import DmsClientError


class InvalidParameterValueException(DmsClientError):  # noqa: N818 (AWS names it so)
    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValueException", message)
