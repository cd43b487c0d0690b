"""Errors of the Athena API."""

import json

from moto.core.exceptions import JsonRESTError


class InvalidRequestError(JsonRESTError):
    """Something is wrong with the input of a request."""

    code = 400

    def __init__(self, message: str, athena_error_code: str = "INVALID_INPUT") -> None:
        super().__init__("InvalidRequestException", message)
        self.description = json.dumps(
            {"__type": "InvalidRequestException", "Message": message, "AthenaErrorCode": athena_error_code}
        )


class ResourceNotFoundError(JsonRESTError):
    """A resource, such as a prepared statement, does not exist."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFoundException", message)
