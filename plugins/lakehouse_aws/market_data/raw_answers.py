"""The answers of the API in the raw bucket, and the manifests that list them."""

from botocore.exceptions import ClientError

from lakehouse_aws.lake import LakeHook
from lakehouse_aws.market_data.hook import Answer
from lakehouse_contract.market_data import (
    REQUEST_METADATA,
    REQUESTED_AT_METADATA,
    IngestManifest,
    RawAnswer,
)
from lakehouse_contract.s3_errors import GONE, REPLACED, error_code

JSON = "application/json"


class RawAnswersHook(LakeHook):
    """Keeps each answer once: what is there is never written over."""

    def find(self, bucket: str, key: str) -> tuple[RawAnswer, bytes] | None:
        """An answer that an earlier try has kept, and its body."""
        try:
            stored = self.conn.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error_code(error) in GONE:
                return None
            raise
        metadata = stored["Metadata"]
        answer = RawAnswer(
            key=key,
            size=stored["ContentLength"],
            etag=stored["ETag"].strip('"'),
            request=metadata[REQUEST_METADATA],
            requested_at=metadata[REQUESTED_AT_METADATA],
        )
        return answer, stored["Body"].read()

    def keep(self, bucket: str, key: str, answer: Answer) -> tuple[RawAnswer, bytes]:
        """The answer that stands: this one, or that of another try of the task, which asked for the same."""
        metadata = {REQUEST_METADATA: answer.request, REQUESTED_AT_METADATA: answer.requested_at.isoformat()}
        try:
            written = self.conn.put_object(
                Bucket=bucket, Key=key, Body=answer.body, ContentType=JSON, Metadata=metadata, IfNoneMatch="*"
            )
        except ClientError as error:
            if error_code(error) in REPLACED and (standing := self.find(bucket, key)):
                return standing
            raise
        etag = written["ETag"].strip('"')
        kept = RawAnswer(key, len(answer.body), etag, answer.request, metadata[REQUESTED_AT_METADATA])
        return kept, answer.body

    def write_manifest(self, bucket: str, manifest: IngestManifest) -> str:
        """The manifest's key; writing it once more changes nothing."""
        self.conn.put_object(Bucket=bucket, Key=manifest.key, Body=manifest.to_json().encode(), ContentType=JSON)
        return manifest.key
