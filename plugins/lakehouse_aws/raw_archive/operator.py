"""Archives what a run extracted."""

from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.raw_archive.hook import RawArchiveHook
from lakehouse_contract.raw_archive import Extraction


class ArchiveRawOperator(AwsBaseOperator[RawArchiveHook]):
    """Copy a run's raw files into its archive, and return the key of the archive's manifest.

    An archive that is complete stays as it is; one that is not is completed. Where the raw files are another run's by
    the time, the task fails without a retry.

    :param bucket: the bucket of raw files
    :param extraction: the document of what the run extracted
    :param run_id: Airflow's
    """

    aws_hook_class = RawArchiveHook
    template_fields = aws_template_fields("bucket", "extraction", "run_id")

    def __init__(self, *, bucket: str, extraction: dict[str, Any], run_id: str = "{{ run_id }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.extraction = extraction
        self.run_id = run_id

    @override
    def execute(self, context: Context) -> str:
        manifest = self.hook.archive(self.bucket, Extraction.from_document(self.extraction), self.run_id)
        self.log.info("s3://%s/%s lists %d files", self.bucket, manifest.key, len(manifest.files))
        return manifest.key
