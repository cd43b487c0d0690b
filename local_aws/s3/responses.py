"""The answer to a request to S3: objects, uploads and listings are ours, the configuration of buckets is moto's."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

import xmltodict
from moto.core.request import Request
from moto.core.utils import extract_region_from_aws_authorization
from moto.s3.exceptions import HeadOnDeleteMarker, MalformedXML, MissingBucket, S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.utilities.utils import get_partition

from local_aws.s3 import cors, documents
from local_aws.s3.bodies import read_document
from local_aws.s3.documents import document
from local_aws.s3.event_messages import Cause, caused_by
from local_aws.s3.exceptions import AclsDisabledError, NotSupportedError, S3Error
from local_aws.s3.listing_parameters import OWNER
from local_aws.s3.listing_responses import ListingResponses
from local_aws.s3.object_responses import Answer
from local_aws.s3.presigned_urls import check_expiry
from local_aws.s3.support import check_owner, check_support
from local_aws.settings import ACCOUNT_ID

log = logging.getLogger(__name__)

DEFAULT_REGION = "us-east-1"
MAX_DOCUMENT_BYTES = 8 << 20
MAX_DELETED_OBJECTS = 1000
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_ObjectIdentifier.html
OBJECT_ELEMENTS = ("Key", "VersionId", "ETag", "LastModifiedTime", "Size")
# Subresources of an object whose PUT carries XML, not content.
XML_SUBRESOURCES = {"acl", "tagging", "retention", "legal-hold"}


class LocalS3Response(ListingResponses):
    """One request."""

    def setup_class(self, request: Request, full_url: str | None = None, headers: Any = None) -> None:  # noqa: ARG002 as moto's
        """Take the request in, but for the content of an object, which is read when it is known where it goes.

        The attributes are those that moto's methods read.
        """
        self.request = self.normalized_request = request
        self.headers = request.headers
        self.method = request.method
        self.raw_path = request.raw_path
        self.path = self.raw_path
        self.uri = full_url or request.raw_url
        self.bucket_name, _, key = self.raw_path.removeprefix("/").partition("/")
        self.uri_match: dict[str, str] = {}
        self.form_data: dict[str, str] = {}
        self.response_headers: dict[str, str] = {}
        self.current_account = ACCOUNT_ID
        self.region = extract_region_from_aws_authorization(self.headers.get("Authorization", "")) or DEFAULT_REGION
        self.partition = get_partition(self.region)
        self.body = self.raw_body = b""
        try:
            self.querystring = self.data = parse_qs(
                request.query_string.decode(), keep_blank_values=True, errors="strict"
            )
            self.bucket_name = unquote_to_bytes(self.bucket_name).decode()
            self.key_name = unquote_to_bytes(key).decode()
        except UnicodeDecodeError as error:
            raise S3Error("InvalidURI", "Couldn't parse the specified URI.", URI=self.raw_path) from error
        self.access_key = self.get_access_key()

    @property
    def backend(self) -> S3Backend:
        return s3_backends[ACCOUNT_ID][self.partition]

    @classmethod
    def answer(cls, request: Request) -> Answer:
        """Status, headers and body (bytes, or an iterable of them) of the answer."""
        response = cls()
        cause = Cause(address=request.remote_addr)
        try:
            with caused_by(cause):
                status, headers, body = response._answer(request)
        except S3ClientError as error:
            headers = {"content-type": documents.CONTENT_TYPE} | getattr(error, "headers", {})
            status, body = documents.status_of(error), documents.error_document(error, cause.request_id, cause.host_id)
        finally:
            if response.staged:
                response.staged.discard()
        headers |= {"x-amz-request-id": cause.request_id, "x-amz-id-2": cause.host_id, "server": "AmazonS3"}
        if "Origin" in request.headers and request.method != "OPTIONS":
            headers |= response._cors_headers()
        return status, headers, body

    def _answer(self, request: Request) -> Answer:
        self.setup_class(request)
        check_expiry({name: values[0] for name, values in self.querystring.items()}, datetime.now(UTC))
        check_support(self.headers, self.querystring, is_new_bucket=self.method == "PUT" and not self.key_name)
        check_owner(self.headers)
        if self.method == "OPTIONS":
            bucket = self.backend.get_bucket(self.bucket_name)
            return 200, cors.preflight_headers(self.headers, bucket, "OBJECT" if self.key_name else "BUCKET"), b""
        says_checksum = False
        if self.method in {"PUT", "POST"} and not self._carries_content():
            # The checksum of a request that completes an upload is the object's.
            is_about_body = "uploadId" not in self.querystring
            self.body, says_checksum = read_document(request, MAX_DOCUMENT_BYTES, has_checksum=is_about_body)
            self.raw_body = self.body
        try:
            status, headers, body = self._dispatched(says_checksum=says_checksum)
        except HeadOnDeleteMarker as found:
            raise self._delete_marker_error(found) from found
        except xmltodict.expat.ExpatError as error:
            raise MalformedXML from error
        except (KeyError, TypeError, AttributeError) as error:
            if not self.body:
                raise
            # What moto's readers of documents raise where one is not as they expect.
            log.warning("A document of %s %s is taken for malformed", self.method, self.raw_path, exc_info=True)
            raise MalformedXML from error
        return status, headers, body.encode() if isinstance(body, str) else body

    def _dispatched(self, *, says_checksum: bool) -> Answer:
        if self.key_name:
            return self._key_operation()()
        if self.method == "POST" and "delete" in self.querystring:
            if not says_checksum:
                raise S3Error(
                    "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
                )
            return self.delete_objects()
        if self.method == "PUT" and "lifecycle" in self.querystring:
            self._check_has_rules()
        answered = self._bucket_response(self.request, self.uri)
        if isinstance(answered, tuple):
            return answered
        return 200, {}, answered

    def _check_has_rules(self) -> None:
        if not (xmltodict.parse(self.body)["LifecycleConfiguration"] or {}).get("Rule"):
            raise MalformedXML

    def _carries_content(self) -> bool:
        """Whether the request's body is the content of an object or a part."""
        is_xml = XML_SUBRESOURCES & self.querystring.keys()
        return self.method == "PUT" and bool(self.key_name) and not is_xml

    def _key_operation(self) -> Callable[[], Answer]:
        query = self.querystring
        operations: dict[str, list[tuple[bool, Callable[[], Answer]]]] = {
            "GET": [
                ("uploadId" in query, self.list_parts),
                ("acl" in query, self.get_object_acl),
                ("tagging" in query, self.get_object_tagging),
                ("attributes" in query, self.get_object_attributes),
                (True, self.get_object),
            ],
            "HEAD": [(True, self.head_object)],
            "PUT": [
                ("partNumber" in query and "x-amz-copy-source" in self.headers, self.upload_part_copy),
                ("partNumber" in query, self.upload_part),
                ("acl" in query, self._refuse_acl),
                ("tagging" in query, self.put_object_tagging),
                ("x-amz-copy-source" in self.headers, self.copy_object),
                (True, self.put_object),
            ],
            "DELETE": [
                ("uploadId" in query, self.abort_multipart_upload),
                ("tagging" in query, self.delete_object_tagging),
                (True, self.delete_object),
            ],
            "POST": [
                ("uploads" in query, self.create_multipart_upload),
                ("uploadId" in query, self.complete_multipart_upload),
                ("select" in query, self._refuse_select),
                ("restore" in query, self._refuse_restore),
            ],
        }
        for is_meant, operation in operations.get(self.method, []):
            if is_meant:
                return operation
        raise S3Error(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            Method=self.method,
            ResourceType="OBJECT",
        )

    def _bucket_response_post(self, *_: Any) -> Answer:
        raise NotSupportedError("uploads from HTML forms; use PUT")

    def delete_objects(self) -> Answer:
        self.backend.get_bucket(self.bucket_name)
        content = xmltodict.parse(self.body, force_list={"Object"}, strip_whitespace=False, xml_attribs=False)["Delete"]
        objects = [_object_to_delete(one) for one in content.get("Object") or []]
        if not 0 < len(objects) <= MAX_DELETED_OBJECTS:
            raise MalformedXML
        is_quiet = str(content.get("Quiet", "")).strip().lower() == "true"
        result: dict[str, list[dict[str, Any]]] = {"Deleted": [], "Error": []}
        for element, told in self.deleted_objects(objects):
            if element == "Error" or not is_quiet:
                result[element].append(told)
        return 200, {}, document("DeleteResult", result)

    def get_object_acl(self) -> Answer:
        key = self._requested_key()
        grantee = {"Grantee": OWNER, "Permission": "FULL_CONTROL"}
        acl = {"Owner": OWNER, "AccessControlList": {"Grant": [grantee]}}
        body = document("AccessControlPolicy", acl).replace(
            b"<Grantee>", b'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
        )
        return 200, self._version_headers(key), body

    def _refuse_acl(self) -> Answer:
        raise AclsDisabledError

    def _refuse_select(self) -> Answer:
        raise NotSupportedError("SelectObjectContent; query the object with Athena")

    def _refuse_restore(self) -> Answer:
        raise NotSupportedError("RestoreObject, as there are no archive storage classes")

    def _delete_marker_error(self, found: HeadOnDeleteMarker) -> S3ClientError:
        """Of a request for an object that a delete marker hides, or for the marker itself."""
        if "versionId" in self.querystring:
            error = S3Error(
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
                Method=self.method,
                ResourceType="DeleteMarker",
            )
            allow = {"Allow": "DELETE"}
        else:
            error = S3Error("NoSuchKey", "The specified key does not exist.", Key=self.key_name)
            allow = {}
        error.headers = {"x-amz-delete-marker": "true", "x-amz-version-id": found.marker.version_id} | allow
        return error

    def _cors_headers(self) -> dict[str, str]:
        try:
            bucket: FakeBucket = self.backend.get_bucket(self.bucket_name)
        except MissingBucket:
            return {}
        return cors.answer_headers(self.headers, self.method, bucket)


def _object_to_delete(element: Any) -> dict[str, str]:
    """An entry of DeleteObjects, which has a key, and each of its elements once, as a text."""
    if not isinstance(element, dict):
        raise MalformedXML
    told = {name: element[name] for name in OBJECT_ELEMENTS if name in element}
    if told.get("VersionId", "") is None:
        del told["VersionId"]
    if "Key" not in told or not all(isinstance(text, str) for text in told.values()):
        raise MalformedXML
    return told
