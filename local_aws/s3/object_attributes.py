"""What GetObjectAttributes tells of an object.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
"""

from collections.abc import Mapping
from typing import Any

from local_aws.s3.exceptions import InvalidArgumentError, S3Error
from local_aws.s3.keys import FileKey
from local_aws.s3.listing_parameters import whole_number

NAMES = {"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}
MAX_PARTS = 1000


def requested_attributes(headers: Mapping[str, str]) -> set[str]:
    """The attributes that a request wants."""
    header = headers.get("x-amz-object-attributes", "")
    names = {name.strip() for name in header.split(",") if name.strip()}
    if not names:
        raise S3Error("InvalidRequest", "The x-amz-object-attributes header specifying the attributes is required.")
    if names - NAMES:
        raise InvalidArgumentError("Invalid attribute name specified.", "x-amz-object-attributes", header)
    return names


def attributes_of(key: FileKey, names: set[str], headers: Mapping[str, str]) -> dict[str, Any]:
    """The elements of the answer."""
    found: dict[str, Any] = {}
    if "ETag" in names:
        found["ETag"] = key.etag.strip('"')
    if "Checksum" in names and key.checksum_type:
        plain = key.stored.attributes.checksums
        found["Checksum"] = {f"Checksum{name}": value for name, value in plain.items()}
        found["Checksum"]["ChecksumType"] = key.checksum_type
    if "ObjectParts" in names and key.stored.attributes.parts:
        found["ObjectParts"] = _parts(key, headers)
    if "StorageClass" in names:
        found["StorageClass"] = key.storage_class
    if "ObjectSize" in names:
        found["ObjectSize"] = key.size
    return found


def _parts(key: FileKey, headers: Mapping[str, str]) -> dict[str, Any]:
    """The parts themselves are told of where the upload named a checksum algorithm."""
    parts = key.stored.attributes.completed_parts
    total = {"PartsCount": len(parts)}
    if not any(checksums for _, _, checksums in parts):
        return total
    limit = min(whole_number("x-amz-max-parts", headers.get("x-amz-max-parts", ""), MAX_PARTS), MAX_PARTS)
    after = whole_number("x-amz-part-number-marker", headers.get("x-amz-part-number-marker", ""), 0)
    following = [part for part in parts if part[0] > after]
    shown = following[:limit]
    return total | {
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1][0] if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(shown) < len(following),
        "Part": [
            {"PartNumber": number, "Size": size} | {f"Checksum{name}": value for name, value in checksums.items()}
            for number, size, checksums in shown
        ],
    }
