"""What the query of a listing says, with what S3 refuses in it.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

import base64
import binascii
from urllib.parse import quote_plus

from local_aws.s3.exceptions import InvalidArgumentError

# Most that a listing tells at once, whatever the request wants.
LISTED = 1000
LARGEST = (1 << 31) - 1
OWNER = {"ID": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"}
# Of the parameters those that an error names otherwise than the query does.
ARGUMENT_NAMES = {"max-keys": "maxKeys"}


class ListingParameters:
    """Parameters of one listing."""

    def __init__(self, query: dict[str, list[str]]) -> None:
        self.query = query
        self.prefix = self.text("prefix")
        self.delimiter = self.text("delimiter")
        self.encoding_type = self.text("encoding-type") or None
        if self.encoding_type not in {None, "url"}:
            raise InvalidArgumentError(
                "Invalid Encoding Method specified in Request", "encoding-type", self.encoding_type
            )

    def text(self, name: str) -> str:
        return self.query.get(name, [""])[0]

    def number(self, name: str, default: int) -> int:
        return whole_number(name, self.text(name), default)

    def shown(self, text: str) -> str:
        """A key or a part of one as the document writes it."""
        return quote_plus(text, safe="/*") if self.encoding_type else text

    def folded(self, key: str) -> str | None:
        """The common prefix of a key."""
        end = key.find(self.delimiter, len(self.prefix)) if self.delimiter else -1
        return key[: end + len(self.delimiter)] if end >= 0 else None


def whole_number(name: str, value: str, default: int) -> int:
    """The number that a parameter or a header of this name says."""
    if not value:
        return default
    digits = value.removeprefix("-")
    # Python's int() takes no more than 4,300 digits.
    significant = digits.lstrip("0") or "0"
    is_number = digits.isascii() and digits.isdecimal() and len(significant) <= len(str(LARGEST))
    if not is_number or int(significant) > LARGEST:
        raise InvalidArgumentError(f"Provided {name} not an integer or within integer range", name, value)
    if value.startswith("-") and significant != "0":
        argument = ARGUMENT_NAMES.get(name, name)
        raise InvalidArgumentError(f"Argument {argument} must be an integer between 0 and {LARGEST}", argument, value)
    return int(significant)


def token_of(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode("utf-8", "surrogateescape")).decode()


def key_of(token: str) -> str:
    """What a continuation token continues after."""
    try:
        key = base64.b64decode(token, altchars=b"-_", validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        key = ""
    if not key:
        raise InvalidArgumentError("The continuation token provided is incorrect", "continuation-token", token)
    return key
