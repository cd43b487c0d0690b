"""A Glue job that uses Spark, on the local endpoint. One run, as starting Spark is slow."""

import json
import time
from datetime import UTC, datetime
from io import BytesIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

RUN_SECONDS = 300
SCRIPT = """
import json
from pyspark.sql import SparkSession, functions

import settings_of_job

spark = SparkSession.builder.getOrCreate()
bucket = settings_of_job.BUCKET
rows = spark.read.parquet(f"s3://{bucket}/raw/")
doubled = functions.udf(lambda amount: amount * 2, "double")
rows.withColumn("doubled", doubled("amount")).write.partitionBy("year").parquet(f"s3a://{bucket}/out/")
names = ("spark.sql.session.timeZone", "spark.sql.shuffle.partitions", "spark.ui.enabled", "spark.sql.ansi.enabled")
print(json.dumps({name: spark.conf.get(name) for name in names} | {"version": spark.version}))
spark.read.parquet(f"s3://{bucket}/absent/")
"""


@pytest.fixture(scope="module")
def lake_bucket(aws):
    bucket = f"spark.{uuid4().hex[:8]}-lake"
    aws("s3").create_bucket(Bucket=bucket)
    rows = [
        {"id": i, "amount": i / 4, "year": 2023 + i % 2, "at": datetime(2024, 1, 1, i, tzinfo=UTC)} for i in range(8)
    ]
    content = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), content)
    aws("s3").put_object(Bucket=bucket, Key="raw/a.parquet", Body=content.getvalue())
    return bucket


@pytest.fixture(scope="module")
def spark_run(aws, lake_bucket):
    glue, s3 = aws("glue"), aws("s3")
    s3.put_object(Bucket=lake_bucket, Key="job.py", Body=SCRIPT.encode())
    s3.put_object(Bucket=lake_bucket, Key="settings_of_job.py", Body=f"BUCKET = {lake_bucket!r}".encode())
    name = f"spark-{uuid4().hex[:8]}"
    glue.create_job(
        Name=name,
        Role="r",
        GlueVersion="5.1",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{lake_bucket}/job.py"},
        DefaultArguments={
            "--extra-py-files": f"s3://{lake_bucket}/settings_of_job.py",
            "--conf": "spark.sql.shuffle.partitions=3 --conf spark.sql.ansi.enabled=true",
        },
    )
    run_id = glue.start_job_run(JobName=name)["JobRunId"]
    deadline = time.monotonic() + RUN_SECONDS
    while True:
        run = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        if run["JobRunState"] not in {"STARTING", "RUNNING"}:
            return run
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_spark_error_is_the_error_of_the_run(spark_run, lake_bucket):
    assert spark_run["JobRunState"] == "FAILED"
    assert "[PATH_NOT_FOUND]" in spark_run["ErrorMessage"]
    assert f"s3://{lake_bucket}/absent" in spark_run["ErrorMessage"]
    assert spark_run["GlueVersion"] == "5.1"
    assert spark_run["ExecutionTime"] > 0


def test_spark_has_the_settings_of_the_endpoint_and_of_the_job(spark_run, aws):
    events = aws("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=spark_run["Id"])["events"]

    assert json.loads(events[-1]["message"]) == {
        "version": "3.5.6",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "3",
        "spark.ui.enabled": "false",
        "spark.sql.ansi.enabled": "true",
    }


def test_what_spark_writes_is_in_the_bucket_without_leftovers(spark_run, aws, lake_bucket):
    s3 = aws("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=lake_bucket, Prefix="out")["Contents"]]

    assert keys
    assert all(key.startswith("out/year=") and key.endswith(".parquet") for key in keys)
    tables = [pq.read_table(BytesIO(s3.get_object(Bucket=lake_bucket, Key=key)["Body"].read())) for key in keys]
    rows = pa.concat_tables(tables).to_pylist()
    assert {row["id"]: row["doubled"] for row in rows} == {i: i / 2 for i in range(8)}
    assert {row["at"].astimezone(UTC).hour for row in rows} == set(range(8))


def test_what_spark_writes_can_be_crawled(spark_run, aws, lake_bucket):
    glue = aws("glue")
    database = f"spark_{uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": database})
    targets = {"S3Targets": [{"Path": f"s3://{lake_bucket}/out/"}]}
    glue.create_crawler(Name=database, Role="r", DatabaseName=database, Targets=targets)
    glue.start_crawler(Name=database)
    while glue.get_crawler(Name=database)["Crawler"]["State"] != "READY":
        time.sleep(0.05)

    partitions = glue.get_partitions(DatabaseName=database, TableName="out")["Partitions"]

    assert {tuple(partition["Values"]) for partition in partitions} == {("2023",), ("2024",)}
    columns = glue.get_table(DatabaseName=database, Name="out")["Table"]["StorageDescriptor"]["Columns"]
    assert {column["Name"]: column["Type"] for column in columns}["at"] == "timestamp"
