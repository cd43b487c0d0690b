"""How much each zone of the lake holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.lake import LakeHook
from lakehouse_aws.metrics import MetricsHook, metric


class MeasureStorageOperator(AwsBaseOperator[LakeHook]):
    """Send the bytes and the objects of each zone to CloudWatch as StorageBytes and StorageObjects; returns the bytes.

    S3's own BucketSizeBytes tells of whole buckets, and zones share one. A thousand objects are a request.

    :param zones: by its name, the bucket and the prefix of a zone
    """

    aws_hook_class = LakeHook
    template_fields: Sequence[str] = aws_template_fields("zones")

    def __init__(self, *, zones: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.zones = zones

    @override
    def execute(self, context: Context) -> dict[str, int]:
        found, metrics = {}, []
        for zone, (bucket, prefix) in self.zones.items():
            size, count = self.hook.size_of(bucket, prefix)
            self.log.info("%s: %s bytes in %s objects", zone, size, count)
            metrics += [metric("StorageBytes", size, "Bytes", Zone=zone), metric("StorageObjects", count, Zone=zone)]
            found[zone] = size
        MetricsHook(**self._hook_parameters).send(metrics)
        return found
