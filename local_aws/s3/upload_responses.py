"""Requests about multipart uploads."""

from typing import Any

import xmltodict
from moto.s3.exceptions import MalformedXML, NoSuchUpload

from local_aws.s3 import multipart, store
from local_aws.s3.bodies import RequestBody
from local_aws.s3.checksums import HEADER_PREFIX, SIZES, known_algorithm, type_of
from local_aws.s3.documents import document
from local_aws.s3.exceptions import S3Error
from local_aws.s3.listing_parameters import LISTED, OWNER, ListingParameters
from local_aws.s3.multipart import ChosenPart, Upload
from local_aws.s3.object_responses import Answer, ObjectResponses
from local_aws.s3.ranges import copied_window

TYPE_HEADER = f"{HEADER_PREFIX}type"


class UploadResponses(ObjectResponses):
    """What is asked of an upload in parts, from its beginning to the object that it makes."""

    def create_multipart_upload(self) -> Answer:
        upload = self.backend.create_multipart_upload(
            self.bucket_name,
            self.key_name,
            self.headers,
            self.headers.get("x-amz-storage-class", "STANDARD"),
            self._tagging_from_headers(self.headers),
            None,
            self.headers.get("x-amz-server-side-encryption"),
            self.headers.get("x-amz-server-side-encryption-aws-kms-key-id"),
            self._requested_checksum(),
        )
        attributes = upload.attributes
        headers = {
            f"{HEADER_PREFIX}algorithm": attributes.checksum_algorithm,
            TYPE_HEADER: attributes.checksum_type,
            "x-amz-server-side-encryption": attributes.encryption,
            "x-amz-server-side-encryption-aws-kms-key-id": attributes.kms_key_id,
        }
        result = {"Bucket": self.bucket_name, "Key": self.key_name, "UploadId": upload.id}
        told = {name: value for name, value in headers.items() if value}
        return 200, told, document("InitiateMultipartUploadResult", result)

    def _requested_checksum(self) -> tuple[str, str] | None:
        """Algorithm and type of the checksum of the object to be."""
        algorithm = self.headers.get(f"{HEADER_PREFIX}algorithm")
        requested_type = self.headers.get(TYPE_HEADER)
        if algorithm is None:
            if requested_type:
                raise S3Error(
                    "InvalidRequest",
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
                )
            return None
        name = known_algorithm(algorithm)
        return name, type_of(name, requested_type)

    def upload_part(self) -> Answer:
        number = self._part_number()
        upload = self._upload()
        body = RequestBody(self.request)
        multipart.check_part_algorithm(upload, body.declared)
        self.staged = body.stage([multipart.checksum_of(upload)[0]])
        part = self.backend.upload_part(self.bucket_name, upload.id, number, self.staged)
        told = [name for name in (body.declared, upload.attributes.checksum_algorithm) if name]
        checksums = {f"{HEADER_PREFIX}{name.lower()}": part.checksums[name] for name in told}
        return 200, {"ETag": part.etag} | checksums, b""

    def upload_part_copy(self) -> Answer:
        number = self._part_number()
        upload = self._upload()
        source = self._copy_source()
        window = copied_window(self.headers.get("x-amz-copy-source-range"))
        part = self.backend.upload_part_copy(self.bucket_name, upload.id, number, source, window)
        algorithm = upload.attributes.checksum_algorithm
        result = self._copy_result(part)
        if algorithm:
            result[f"Checksum{algorithm}"] = part.checksums[algorithm]
        headers = {"x-amz-copy-source-version-id": source.version_id} if source.version_id != "null" else {}
        return 200, headers, document("CopyPartResult", result)

    def complete_multipart_upload(self) -> Answer:
        chosen = self._chosen_parts()
        upload_id = self.querystring["uploadId"][0]
        with store.locked(self.bucket_name, self.key_name):
            existing = self.backend.get_object(self.bucket_name, self.key_name)
            if existing and existing.stored.attributes.upload_id == upload_id:
                key = existing
            else:
                upload = self._upload()
                self._check_write_conditions()
                self._check_completion(upload, chosen)
                checksums = {
                    name: self.headers[f"{HEADER_PREFIX}{name.lower()}"]
                    for name in SIZES
                    if f"{HEADER_PREFIX}{name.lower()}" in self.headers
                }
                key = self.backend.complete_multipart_upload(self.bucket_name, upload.id, chosen, checksums)
        headers = key.response_dict
        kept = {name: value for name, value in headers.items() if name.startswith(("x-amz-version", "x-amz-server"))}
        result = {
            "Location": f"http://{self.bucket_name}.s3.amazonaws.com/{key.name}",
            "Bucket": self.bucket_name,
            "Key": key.name,
            "ETag": key.etag,
        }
        return 200, kept, document("CompleteMultipartUploadResult", result | self._checksum_elements(key))

    def _chosen_parts(self) -> list[ChosenPart]:
        try:
            listed = xmltodict.parse(self.body, force_list={"Part"})["CompleteMultipartUpload"]["Part"]
            return [
                ChosenPart(
                    int(part["PartNumber"]),
                    part["ETag"],
                    {name.removeprefix("Checksum"): text for name, text in part.items() if name.startswith("Checksum")},
                )
                for part in listed
            ]
        except (KeyError, TypeError, ValueError, xmltodict.expat.ExpatError) as error:
            raise MalformedXML from error

    def _check_completion(self, upload: Upload, chosen: list[ChosenPart]) -> None:
        """The type and the size that the request says the object has."""
        stated_type = self.headers.get(TYPE_HEADER)
        if stated_type and stated_type != multipart.checksum_of(upload)[1]:
            raise S3Error(
                "BadDigest",
                "The upload was created using a different checksum type than the one that the request specifies"
                f" ({stated_type}).",
            )
        stated_size = self.headers.get("x-amz-mp-object-size")
        numbers = {part.number for part in chosen}
        size = sum(part.size for part in multipart.parts(upload) if part.number in numbers)
        if stated_size and stated_size != str(size):
            raise S3Error(
                "InvalidRequest",
                f"The provided 'x-amz-mp-object-size' header value {stated_size} does not match what was computed:"
                f" {size}",
            )

    def abort_multipart_upload(self) -> Answer:
        self.backend.abort_multipart_upload(self.bucket_name, self._upload().id)
        return 204, {}, b""

    def _upload(self) -> Upload:
        upload = multipart.find(self.bucket_name, self.querystring["uploadId"][0])
        if upload.key_name != self.key_name:
            raise NoSuchUpload(upload.id)
        return upload

    def list_parts(self) -> Answer:
        upload = self._upload()
        parameters = ListingParameters(self.querystring)
        limit = parameters.number("max-parts", LISTED)
        after = parameters.number("part-number-marker", 0)
        following = [part for part in multipart.parts(upload) if part.number > after]
        shown = following[: min(limit, LISTED)]
        algorithm = upload.attributes.checksum_algorithm
        result = {
            "Bucket": self.bucket_name,
            "Key": parameters.shown(self.key_name),
            "UploadId": upload.id,
            "Initiator": OWNER,
            "Owner": OWNER,
            "StorageClass": upload.attributes.storage_class,
            "PartNumberMarker": after,
            "NextPartNumberMarker": shown[-1].number if shown else 0,
            "MaxParts": min(limit, LISTED),
            "EncodingType": parameters.encoding_type,
            "IsTruncated": len(shown) < len(following),
            "ChecksumAlgorithm": algorithm,
            "ChecksumType": upload.attributes.checksum_type,
            "Part": [_part_element(part, algorithm) for part in shown],
        }
        return 200, {}, document("ListPartsResult", result)

    def list_multipart_uploads(self) -> Answer:
        parameters = ListingParameters(self.querystring)
        limit = min(parameters.number("max-uploads", LISTED), LISTED)
        marker = parameters.text("key-marker"), parameters.text("upload-id-marker")
        self.backend.get_bucket(self.bucket_name)
        listed: list[Upload] = []
        prefixes: list[str] = []
        is_truncated = False
        for upload in _after(multipart.uploads(self.bucket_name), *marker):
            folded = parameters.folded(upload.key_name)
            if not upload.key_name.startswith(parameters.prefix) or (folded and folded in [marker[0], *prefixes]):
                continue
            if len(listed) + len(prefixes) >= limit:
                is_truncated = limit > 0
                break
            if folded:
                prefixes.append(folded)
            else:
                listed.append(upload)
        result: dict[str, Any] = {
            "Bucket": self.bucket_name,
            "KeyMarker": parameters.shown(marker[0]),
            "UploadIdMarker": marker[1],
            "Prefix": parameters.shown(parameters.prefix),
            "Delimiter": parameters.shown(parameters.delimiter) if parameters.delimiter else None,
            "EncodingType": parameters.encoding_type,
            "MaxUploads": limit,
            "IsTruncated": is_truncated,
            "Upload": [_upload_element(upload, parameters) for upload in listed],
            "CommonPrefixes": [{"Prefix": parameters.shown(prefix)} for prefix in prefixes],
        }
        if is_truncated:
            last = listed[-1] if listed and not (prefixes and prefixes[-1] > listed[-1].key_name) else None
            result["NextKeyMarker"] = parameters.shown(last.key_name if last else prefixes[-1])
            result["NextUploadIdMarker"] = last.id if last else ""
        return 200, {}, document("ListMultipartUploadsResult", result)


def _after(uploads: list[Upload], key: str, upload_id: str) -> list[Upload]:
    """Those behind the markers; without an upload's id behind all of the key.

    Ids are compared as texts: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
    """
    if upload_id:
        return [upload for upload in uploads if (upload.key_name, upload.id) > (key, upload_id)]
    return [upload for upload in uploads if upload.key_name > key]


def _part_element(part: multipart.Part, algorithm: str | None) -> dict[str, Any]:
    element = {
        "PartNumber": part.number,
        "LastModified": f"{part.modified_at:%Y-%m-%dT%H:%M:%S.000Z}",
        "ETag": f'"{part.etag}"',
        "Size": part.size,
    }
    return element | ({f"Checksum{algorithm}": part.checksums[algorithm]} if algorithm else {})


def _upload_element(upload: Upload, parameters: ListingParameters) -> dict[str, Any]:
    return {
        "Key": parameters.shown(upload.key_name),
        "UploadId": upload.id,
        "Initiator": OWNER,
        "Owner": OWNER,
        "StorageClass": upload.attributes.storage_class,
        "Initiated": f"{upload.initiated_at:%Y-%m-%dT%H:%M:%S.000Z}",
        "ChecksumAlgorithm": upload.attributes.checksum_algorithm,
        "ChecksumType": upload.attributes.checksum_type,
    }
