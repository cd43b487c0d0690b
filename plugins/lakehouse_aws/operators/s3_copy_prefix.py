"""Copies a folder of the lake."""

from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.hooks.lake import LakeHook


class S3CopyPrefixOperator(AwsBaseOperator[LakeHook]):
    """Make a prefix an exact copy of another one in the same bucket; returns the number of objects.

    Repeating it gives the same result: objects that an earlier copy left behind are removed.

    :param bucket: name of the bucket
    :param source_prefix: prefix to copy, with its slash
    :param target_prefix: prefix to replace, with its slash
    """

    aws_hook_class = LakeHook
    template_fields = aws_template_fields("bucket", "source_prefix", "target_prefix")

    def __init__(self, *, bucket: str, source_prefix: str, target_prefix: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.source_prefix = source_prefix
        self.target_prefix = target_prefix

    @override
    def execute(self, context: Context) -> int:
        copied = self.hook.mirror_prefix(self.bucket, self.source_prefix, self.target_prefix)
        self.log.info("s3://%s/%s holds %s objects", self.bucket, self.target_prefix, copied)
        return copied
