"""The Amazon provider's S3 operators, sensors, transfers and remote logs."""

from pathlib import Path
from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.log.s3_task_handler import S3RemoteLogIO
from airflow.providers.amazon.aws.operators.s3 import (
    S3CopyObjectOperator,
    S3CreateBucketOperator,
    S3CreateObjectOperator,
    S3DeleteBucketOperator,
    S3DeleteObjectsOperator,
    S3FileTransformOperator,
    S3GetBucketTaggingOperator,
    S3ListOperator,
    S3ListPrefixesOperator,
    S3PutBucketTaggingOperator,
)
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor, S3KeysUnchangedSensor
from airflow.providers.amazon.aws.transfers.local_to_s3 import LocalFilesystemToS3Operator
from airflow.providers.amazon.aws.transfers.sql_to_s3 import SqlToS3Operator
from airflow.sdk.exceptions import AirflowSensorTimeout
from botocore.exceptions import ClientError

from tests.clients.airflow_tasks import run
from tests.local_aws.athena.athena_lake import Lake

pytestmark = pytest.mark.usefixtures("airflow_environment")


def test_objects_are_made_copied_transformed_listed_and_deleted(lake: Lake, tmp_path: Path):
    bucket = f"{lake.bucket}-airflow"
    copy = {"source_bucket_key": f"s3://{bucket}/in/a.txt", "dest_bucket_key": f"s3://{bucket}/in/b.txt"}
    upper = tmp_path / "upper"
    upper.write_text('#!/bin/sh\ntr a-z A-Z < "$1" > "$2"\n')
    upper.chmod(0o755)
    (tmp_path / "c.txt").write_text("local")

    run(S3CreateBucketOperator(task_id="create", bucket_name=bucket))
    run(S3CreateObjectOperator(task_id="put", s3_bucket=bucket, s3_key="in/a.txt", data="hello", compression=None))
    run(S3CopyObjectOperator(task_id="copy", acl_policy="no-acl", **copy))
    with pytest.raises(ClientError, match="AccessControlListNotSupported"):
        run(S3CopyObjectOperator(task_id="copy", **copy))
    transform = {"source_s3_key": f"s3://{bucket}/in/b.txt", "dest_s3_key": f"s3://{bucket}/out/b.txt"}
    run(S3FileTransformOperator(task_id="transform", transform_script=str(upper), **transform))
    local = {"filename": str(tmp_path / "c.txt"), "dest_key": f"s3://{bucket}/out/c.txt"}
    run(LocalFilesystemToS3Operator(task_id="upload", **local))
    run(S3PutBucketTaggingOperator(task_id="tag", bucket_name=bucket, key="team", value="data"))

    assert S3Hook().read_key("out/b.txt", bucket) == "HELLO"
    assert run(S3ListOperator(task_id="list", bucket=bucket)) == ["in/a.txt", "in/b.txt", "out/b.txt", "out/c.txt"]
    prefixes = S3ListPrefixesOperator(task_id="prefixes", bucket=bucket, prefix="", delimiter="/")
    assert run(prefixes) == ["in/", "out/"]
    tags = run(S3GetBucketTaggingOperator(task_id="tags", bucket_name=bucket))
    assert tags == [{"Key": "team", "Value": "data"}]
    run(S3DeleteObjectsOperator(task_id="delete", bucket=bucket, prefix="in/"))
    assert lake.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2
    run(S3DeleteBucketOperator(task_id="drop", bucket_name=bucket, force_delete=True))
    assert bucket not in [known["Name"] for known in lake.s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize("deferrable", [False, True], ids=["waiting", "deferred"])
def test_sensors_see_keys(lake: Lake, deferrable: bool):
    lake.put("arrivals/2025/a.csv", "1\n")
    looks: list[int] = []

    def is_second_look(files: list[dict[str, Any]], **_: Any) -> bool:
        """Where it is deferrable, a sensor defers only what its first look does not find."""
        looks.append(files[0]["Size"])
        return len(looks) % 2 == 0

    wait = {"bucket_name": lake.bucket, "poke_interval": 0.1, "timeout": 30, "deferrable": deferrable}
    run(S3KeySensor(task_id="key", bucket_key="arrivals/2025/a.csv", check_fn=is_second_look, **wait))
    match = {"bucket_key": "arrivals/2025/*.csv", "wildcard_match": True}
    run(S3KeySensor(task_id="any", check_fn=is_second_look, **match, **wait))
    assert looks == [2, 2, 2, 2]
    if not deferrable:
        absent = {"bucket_name": lake.bucket, "bucket_key": "nosuch", "poke_interval": 0.1, "timeout": 0.3}
        with pytest.raises(AirflowSensorTimeout, match="Sensor has timed out"):
            run(S3KeySensor(task_id="none", **absent))
        quiet = {"inactivity_period": 0, "poke_interval": 0.1, "min_objects": 1}
        run(S3KeysUnchangedSensor(task_id="quiet", bucket_name=lake.bucket, prefix="arrivals/", **quiet))


def test_a_query_s_rows_become_a_file(lake: Lake, athena_connection: str):
    to_file = SqlToS3Operator(
        task_id="unload",
        query="SELECT 1 AS id, 'a' AS name",
        sql_conn_id=athena_connection,
        s3_bucket=lake.bucket,
        s3_key="rows.csv",
        file_format="csv",
        pd_kwargs={"index": False},
    )

    run(to_file)

    assert S3Hook().read_key("rows.csv", lake.bucket) == "id,name\n1,a\n"


def test_task_logs_are_kept_in_s3(lake: Lake, tmp_path: Path):
    (tmp_path / "task.log").write_text("first line\n")
    logs = S3RemoteLogIO(remote_base=lake.url("logs"), base_log_folder=tmp_path, delete_local_copy=False)

    logs.upload("task.log", None)
    sources, lines = logs.read("task.log", None)

    assert lake.keys("logs/") == ["logs/task.log"]
    assert sources == [lake.url("logs/task.log")]
    assert "first line" in "".join(lines)
