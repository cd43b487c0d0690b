"""Requests for the objects and the versions of a bucket."""

from typing import Any

from local_aws.s3.documents import document
from local_aws.s3.exceptions import InvalidArgumentError
from local_aws.s3.keys import DeleteMarkerKey, FileKey
from local_aws.s3.listing_parameters import LISTED, OWNER, ListingParameters, key_of, token_of
from local_aws.s3.object_responses import Answer
from local_aws.s3.upload_responses import UploadResponses


class ListingResponses(UploadResponses):
    """Listings, a page at a time."""

    def list_objects(self) -> Answer:
        parameters = ListingParameters(self.querystring)
        limit = min(parameters.number("max-keys", LISTED), LISTED)
        bucket = self.backend.get_bucket(self.bucket_name)
        marker = parameters.text("marker")
        keys, prefixes, is_truncated, following = self.backend.list_objects(
            bucket, parameters.prefix, parameters.delimiter, marker, limit
        )
        result = {
            "Name": self.bucket_name,
            "Prefix": parameters.shown(parameters.prefix),
            "Marker": parameters.shown(marker),
            "NextMarker": parameters.shown(following) if following and parameters.delimiter else None,
            **_common_elements(parameters, limit, is_truncated=is_truncated),
            "Contents": [_object_element(key, parameters) | {"Owner": OWNER} for key in keys],
            "CommonPrefixes": [{"Prefix": parameters.shown(prefix)} for prefix in prefixes],
        }
        return 200, self._region_header(), document("ListBucketResult", result)

    def list_objects_v2(self) -> Answer:
        parameters = ListingParameters(self.querystring)
        limit = min(parameters.number("max-keys", LISTED), LISTED)
        bucket = self.backend.get_bucket(self.bucket_name)
        start_after = parameters.text("start-after")
        token = self.querystring.get("continuation-token", [None])[0]
        after = key_of(token) if token is not None else start_after
        keys, prefixes, is_truncated, following = self.backend.list_objects(
            bucket, parameters.prefix, parameters.delimiter, after, limit
        )
        owner = {"Owner": OWNER} if parameters.text("fetch-owner").lower() == "true" else {}
        result = {
            "Name": self.bucket_name,
            "Prefix": parameters.shown(parameters.prefix),
            "StartAfter": parameters.shown(start_after) if start_after else None,
            "ContinuationToken": token,
            "NextContinuationToken": token_of(following) if following else None,
            "KeyCount": len(keys) + len(prefixes),
            **_common_elements(parameters, limit, is_truncated=is_truncated),
            "Contents": [_object_element(key, parameters) | owner for key in keys],
            "CommonPrefixes": [{"Prefix": parameters.shown(prefix)} for prefix in prefixes],
        }
        return 200, self._region_header(), document("ListBucketResult", result)

    def list_object_versions(self) -> Answer:
        parameters = ListingParameters(self.querystring)
        limit = min(parameters.number("max-keys", LISTED), LISTED)
        key_marker = parameters.text("key-marker")
        version_marker = self.querystring.get("version-id-marker", [None])[0]
        if version_marker is not None and not key_marker:
            raise InvalidArgumentError(
                "A version-id marker cannot be specified without a key marker.", "version-id-marker", version_marker
            )
        if version_marker == "":
            raise InvalidArgumentError("A version-id marker cannot be empty.", "version-id-marker", "")
        keys, prefixes, markers, next_key, next_version = self.backend.list_object_versions(
            self.bucket_name, parameters.delimiter, key_marker, limit, parameters.prefix, version_marker
        )
        result = {
            "Name": self.bucket_name,
            "Prefix": parameters.shown(parameters.prefix),
            "KeyMarker": parameters.shown(key_marker),
            "VersionIdMarker": version_marker or "",
            "NextKeyMarker": parameters.shown(next_key) if next_key else None,
            "NextVersionIdMarker": next_version,
            **_common_elements(parameters, limit, is_truncated=next_key is not None),
            "Version": [_version_element(key, parameters) for key in keys],
            "DeleteMarker": [_marker_element(marker, parameters) for marker in markers],
            "CommonPrefixes": [{"Prefix": parameters.shown(prefix)} for prefix in prefixes],
        }
        return 200, {}, document("ListVersionsResult", result)

    def _region_header(self) -> dict[str, str]:
        return {"x-amz-bucket-region": self.backend.get_bucket(self.bucket_name).region_name}


def _common_elements(parameters: ListingParameters, limit: int, *, is_truncated: bool) -> dict[str, Any]:
    return {
        "MaxKeys": limit,
        "Delimiter": parameters.shown(parameters.delimiter) if parameters.delimiter else None,
        "EncodingType": parameters.encoding_type,
        "IsTruncated": is_truncated,
    }


def _object_element(key: FileKey, parameters: ListingParameters) -> dict[str, Any]:
    return {
        "Key": parameters.shown(key.name),
        "LastModified": key.last_modified_ISO8601,
        "ETag": key.etag,
        "ChecksumAlgorithm": list(key.stored.attributes.checksums),
        "ChecksumType": key.checksum_type,
        "Size": key.size,
        "StorageClass": key.storage_class,
    }


def _version_element(key: FileKey, parameters: ListingParameters) -> dict[str, Any]:
    return _object_element(key, parameters) | {
        "VersionId": key.version_id,
        "IsLatest": key.is_latest,
        "Owner": OWNER,
    }


def _marker_element(marker: DeleteMarkerKey, parameters: ListingParameters) -> dict[str, Any]:
    return {
        "Key": parameters.shown(marker.name),
        "VersionId": marker.version_id,
        "IsLatest": marker.is_latest,
        "LastModified": marker.last_modified_ISO8601,
        "Owner": OWNER,
    }
