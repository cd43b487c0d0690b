"""The size of the lake's zones."""

from datetime import UTC, datetime, timedelta

from lakehouse_aws.storage import MeasureStorageOperator


def test_bytes_and_objects_of_each_zone_become_metrics(s3, lake_bucket, aws, context):
    for number in range(3):
        s3.put_object(Bucket=lake_bucket, Key=f"measured/{number}", Body=b"12345")
    s3.put_object(Bucket=lake_bucket, Key="measured_not/0", Body=b"1")
    zones = {"measured": (lake_bucket, "measured/"), "empty": (lake_bucket, "empty/")}
    operator = MeasureStorageOperator(task_id="measure_storage", zones=zones)
    assert operator.execute(context) == {"measured": 15, "empty": 0}

    def maximum(name: str, zone: str) -> float:
        now = datetime.now(UTC)
        (found,) = aws("cloudwatch").get_metric_statistics(
            Namespace="Lakehouse",
            MetricName=name,
            Dimensions=[{"Name": "Zone", "Value": zone}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Maximum"],
        )["Datapoints"]
        return found["Maximum"]

    assert [maximum("StorageBytes", zone) for zone in zones] == [15, 0]
    assert [maximum("StorageObjects", zone) for zone in zones] == [3, 0]
