"""Errors of the Athena API."""

import json
from uuid import uuid4

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


class EntityNotFoundError(JsonRESTError):
    """What Glue does not find, in the words of its error that Athena passes on; clients look for the code in them.

    Source: DyfanJones/noctua issue 205; PyAthena's tests of its SQLAlchemy dialect.
    """

    code = 400

    def __init__(self, message: str = "Entity Not Found") -> None:
        cause = (
            f"Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: {uuid4()}"
        )
        super().__init__("MetadataException", f"{message} ({cause}; Proxy: null)")
