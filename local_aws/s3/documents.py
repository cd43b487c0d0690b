"""The XML documents that S3 answers with."""

import re
import secrets
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
CONTENT_TYPE = "application/xml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Control characters are written as references: S3 does so too, though XML 1.0 has no such characters.
REFERENCES = {chr(code): f"&#x{code:x};" for code in range(32) if chr(code) not in "\t\n"}
SPECIAL = re.compile(r"[&<>\x00-\x1f]")

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
STATUSES = {
    "AccessControlListNotSupported": 400,
    "AccessDenied": 403,
    "AccessForbidden": 403,
    "BucketAlreadyExists": 409,
    "BucketAlreadyOwnedByYou": 409,
    "BucketNotEmpty": 409,
    "InvalidBucketState": 409,
    "InvalidObjectState": 403,
    "InvalidPartNumber": 416,
    "InvalidRange": 416,
    "MethodNotAllowed": 405,
    "NotImplemented": 501,
    "OperationAborted": 409,
    "OwnershipControlsNotFoundError": 404,
    "PreconditionFailed": 412,
    "ReplicationConfigurationNotFoundError": 404,
    "ServerSideEncryptionConfigurationNotFoundError": 404,
    "ObjectLockConfigurationNotFoundError": 404,
}


def document(root: str, content: Mapping[str, Any]) -> bytes:
    """The content as XML: a list is repeated elements, None no element."""
    return f'{DECLARATION}<{root} xmlns="{NAMESPACE}">{_elements(content)}</{root}>'.encode()


def error_document(error: Exception, request_id: str = "", host_id: str = "") -> bytes:
    """An error with what it says of itself beside its code and message."""
    content = {"Code": code_of(error), "Message": getattr(error, "message", None) or str(error)} | _fields(error)
    content |= {"RequestId": request_id or new_request_id(), "HostId": host_id or new_request_id()}
    return f"{DECLARATION}<Error>{_elements(content)}</Error>".encode()


def code_of(error: Exception) -> str:
    return getattr(error, "code", None) or type(error).__name__


def status_of(error: Exception) -> int:
    code = code_of(error)
    return STATUSES.get(code, 404 if code.startswith("NoSuch") else 400)


def new_request_id() -> str:
    return secrets.token_hex(8).upper()


def _fields(error: Exception) -> dict[str, Any]:
    """S3's names of what moto's and our errors carry."""
    if fields := getattr(error, "fields", None):
        return fields
    names = {
        "bucket_name": "BucketName",
        "key": "Key",
        "version_id": "VersionId",
        "upload_id": "UploadId",
        "argument_name": "ArgumentName",
        "argument_value": "ArgumentValue",
        "condition": "Condition",
        "method": "Method",
        "resource_type": "ResourceType",
        "storage_class": "StorageClassRequested",
        "actual_object_size": "ActualObjectSize",
        "range_requested": "RangeRequested",
    }
    return {name: getattr(error, attribute, None) for attribute, name in names.items()}


def _elements(content: Mapping[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in content.items() if value is not None)


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, Mapping):
        return f"<{name}>{_elements(value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    text = str(value)
    return f"<{name}>{escape(text, REFERENCES) if SPECIAL.search(text) else text}</{name}>"


def as_list(value: Any) -> list[Any]:
    """An element that may come once or several times, or not at all."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
