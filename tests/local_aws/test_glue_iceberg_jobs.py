"""Glue jobs with and without Iceberg. One run each that starts Spark, as that is slow; refusals come before."""

import json
import time
from uuid import uuid4

import pyarrow as pa
import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import NoSuchTableError

from local_aws.glue.jobs.data_lake_formats import local_catalogs
from local_aws.glue.jobs.errors import JobError

BUCKET = "iceberg-jobs-lake"
REGION = "us-east-1"
RUN_SECONDS = 300
CONF = {
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.glue_catalog": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.glue_catalog.warehouse": f"s3://{BUCKET}/warehouse",
    "spark.sql.catalog.glue_catalog.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    "spark.sql.catalog.glue_catalog.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
}
SCRIPT = """
import json
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
database, bucket = sys.argv[sys.argv.index("--database") + 1], "iceberg-jobs-lake"
prices = f"glue_catalog.{database}.prices"
rows = spark.createDataFrame([(1, "A", 2024, 1), (2, "B", 2024, 2)], "id bigint, symbol string, year int, month int")
rows.createOrReplaceTempView("arrivals")
spark.sql(f"CREATE TABLE IF NOT EXISTS {prices} (id bigint, symbol string, year int, month int) USING iceberg"
          f" PARTITIONED BY (year, month) LOCATION 's3://{bucket}/analytics/prices'"
          " TBLPROPERTIES ('write.wap.enabled' = 'true')")
rows.writeTo(prices).append()

spark.sql(f"ALTER TABLE {prices} CREATE BRANCH run_1")
spark.conf.set("spark.wap.branch", "run_1")
spark.sql(f"MERGE INTO {prices} t USING (SELECT 2 AS id, 'C' AS symbol, 2024 AS year, 2 AS month) s ON t.id = s.id"
          " WHEN MATCHED THEN UPDATE SET symbol = s.symbol WHEN NOT MATCHED THEN INSERT *")
spark.conf.unset("spark.wap.branch")
before = [row.symbol for row in spark.table(prices).orderBy("id").collect()]
spark.sql(f"CALL glue_catalog.system.fast_forward('{database}.prices', 'main', 'run_1')")
spark.sql(f"ALTER TABLE {prices} CREATE TAG published_1")
spark.sql(f"DELETE FROM {prices} WHERE id = 1")

spark.sql(f"CREATE TABLE glue_catalog.{database}.copied USING iceberg AS SELECT id, symbol FROM {prices}")
spark.sql(f"CREATE OR REPLACE TABLE glue_catalog.{database}.copied USING iceberg AS SELECT 7 AS seven")
spark.sql(f"ALTER TABLE glue_catalog.{database}.copied RENAME TO {database}.renamed")
spark.sql(f"CREATE TABLE glue_catalog.{database}.gone USING iceberg AS SELECT 1 AS one")
spark.sql(f"DROP TABLE glue_catalog.{database}.gone PURGE")
orphans = spark.sql(f"CALL glue_catalog.system.remove_orphan_files(table => '{database}.prices',"
                    " older_than => TIMESTAMP '2020-01-01 00:00:00')").collect()
spark.sql(f"CALL glue_catalog.system.rewrite_data_files(table => '{database}.prices',"
          " options => map('rewrite-all', 'true'))")
files = spark.sql(f"SELECT file_path FROM {prices}.files").collect()
print(json.dumps({"before": before, "orphans": len(orphans), "files": [row.file_path for row in files]}))
"""


@pytest.fixture(scope="module")
def database(aws, s3):
    name = f"jobs_{uuid4().hex[:8]}"
    aws("glue").create_database(DatabaseInput={"Name": name})
    return name


@pytest.fixture(scope="module")
def run_job(aws, s3):
    """`run_job(script, arguments)`: the ended run of a Spark job."""
    glue = aws("glue")

    def run(script, arguments):
        name = f"iceberg-{uuid4().hex[:8]}"
        s3.put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script.encode())
        command = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/{name}.py"}
        glue.create_job(Name=name, Role="r", GlueVersion="5.1", Command=command, DefaultArguments=arguments)
        run_id = glue.start_job_run(JobName=name)["JobRunId"]
        deadline = time.monotonic() + RUN_SECONDS
        while True:
            found = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
            if found["JobRunState"] not in {"STARTING", "RUNNING"}:
                return found
            assert time.monotonic() < deadline
            time.sleep(0.2)

    return run


@pytest.fixture(scope="module")
def iceberg_run(run_job, database):
    conf = " --conf ".join(f"{name}={value}" for name, value in CONF.items())
    arguments = {"--datalake-formats": "iceberg", "--conf": conf, "--database": database}
    run = run_job(SCRIPT, arguments)
    assert run["JobRunState"] == "SUCCEEDED", run["ErrorMessage"]
    return run


@pytest.fixture(scope="module")
def catalog(aws_endpoint):
    keys = {"access-key-id": "local", "secret-access-key": "local", "region": REGION}
    properties = {f"{service}.{name}": value for service in ("glue", "s3") for name, value in keys.items()}
    return GlueCatalog("glue", **{f"{service}.endpoint": aws_endpoint.url for service in ("glue", "s3")}, **properties)


def test_a_job_writes_tables_that_others_read_and_write(iceberg_run, catalog, aws, database):
    table = catalog.load_table((database, "prices"))

    assert table.location() == f"s3://{BUCKET}/analytics/prices"
    assert table.scan().to_arrow().to_pylist() == [{"id": 2, "symbol": "C", "year": 2024, "month": 2}]
    tagged = table.metadata.refs["published_1"].snapshot_id
    assert sorted(table.scan(snapshot_id=tagged).to_arrow()["symbol"].to_pylist()) == ["A", "C"]
    table.append(
        pa.table({"id": [3], "symbol": ["D"], "year": pa.array([2024], pa.int32()), "month": pa.array([3], pa.int32())})
    )
    assert table.scan().to_arrow().num_rows == 2
    entry = aws("glue").get_table(DatabaseName=database, Name="prices")["Table"]
    assert [column["Type"] for column in entry["StorageDescriptor"]["Columns"]] == ["bigint", "string", "int", "int"]


def test_a_branch_is_not_read_before_it_is_published(iceberg_run, aws):
    output = aws("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=iceberg_run["Id"])
    said = json.loads(output["events"][-1]["message"])

    assert said["before"] == ["A", "B"]
    assert said["orphans"] == 0
    assert all(path.startswith(f"s3://{BUCKET}/analytics/prices/data/") for path in said["files"])


def test_tables_are_made_of_queries_renamed_and_purged(iceberg_run, catalog, s3, database):
    renamed = catalog.load_table((database, "renamed"))

    assert renamed.location() == f"s3://{BUCKET}/warehouse/{database}.db/copied"
    assert renamed.scan().to_arrow().to_pylist() == [{"seven": 7}]
    for name in ("copied", "gone"):
        with pytest.raises(NoSuchTableError):
            catalog.load_table((database, name))
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"warehouse/{database}.db/gone/")


def test_a_job_without_the_argument_has_no_iceberg(run_job):
    script = (
        "from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().sql('SHOW TABLES IN glue_catalog.x')"
    )

    run = run_job(script, {"--conf": " --conf ".join(f"{name}={value}" for name, value in CONF.items())})

    assert run["JobRunState"] == "FAILED"
    assert "org.apache.iceberg.spark.SparkCatalog" in run["ErrorMessage"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"--datalake-formats": "hudi,iceberg"}, "'hudi'"),
        ({"--datalake-formats": "delta"}, "'delta'"),
        (
            {"--datalake-formats": "iceberg", "--conf": "spark.sql.catalog.c=org.apache.iceberg.spark.SparkCatalog"},
            "spark.sql.catalog.c as hive",
        ),
    ],
)
def test_other_formats_and_catalogs_are_refused_before_the_run(run_job, arguments, named):
    run = run_job("print('started')", arguments)

    assert run["JobRunState"] == "FAILED"
    assert named in run["ErrorMessage"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("catalog-impl", "org.apache.iceberg.aws.dynamodb.DynamoDbCatalog"),
        ("io-impl", "org.apache.iceberg.io.ResolvingFileIO"),
        ("lock-impl", "org.apache.iceberg.aws.dynamodb.DynamoDbLockManager"),
        ("glue.skip-archive", "false"),
        ("glue.endpoint", "https://elsewhere.example"),
        ("s3.sse.type", "kms"),
        ("s3.delete-enabled", "false"),
    ],
)
def test_an_option_that_would_be_something_else_here_is_refused_by_name(monkeypatch, tmp_path, option, value):
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))

    with pytest.raises(JobError, match=value.replace(".", r"\.")):
        local_catalogs(CONF | {f"spark.sql.catalog.glue_catalog.{option}": value}, REGION)
