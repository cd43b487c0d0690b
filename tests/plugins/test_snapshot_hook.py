"""Publishing, rolling back and expiring snapshots, against real objects and a real catalog."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.hooks.errors import LakeError
from lakehouse_aws.hooks.snapshot import SnapshotHook
from lakehouse_aws.operators.expire_snapshots import ExpireSnapshotsOperator
from lakehouse_aws.operators.publish_snapshot import PublishSnapshotOperator

DIMENSION_COLUMNS = [{"name": "customer_key", "type": "bigint"}, {"name": "name", "type": "string"}]
FACT_COLUMNS = [{"name": "transaction_key", "type": "bigint"}, {"name": "amount", "type": "decimal(18,2)"}]
PARTITION_KEYS = [{"name": "year", "type": "int"}, {"name": "month", "type": "int"}]


@pytest.fixture
def write_snapshot(s3, lake_bucket, put_parquet):
    """`write_snapshot("jr_1")` leaves a dimension, a partitioned fact and the manifest, as the transform job does."""

    def write(snapshot):
        def location(table):
            return f"analytics/{table}/snapshot={snapshot}/"

        put_parquet(f"{location('dim_customers')}part-0.parquet", pa.table({"customer_key": [-1, 1]}))
        put_parquet(f"{location('fact_transactions')}year=2026/month=1/part-0.parquet", pa.table({"x": [1]}))
        s3.put_object(Bucket=lake_bucket, Key=f"quality/{snapshot}/results.json", Body=b"{}")

        def entry(table, rows, columns, keys=(), projection=None):
            return {
                "location": f"s3://{lake_bucket}/{location(table)}",
                "rows": rows,
                "columns": columns,
                "partition_keys": list(keys),
                "projection": projection or {},
            }

        tables = {
            "dim_customers": entry("dim_customers", 2, DIMENSION_COLUMNS),
            "fact_transactions": entry(
                "fact_transactions", 1, FACT_COLUMNS, PARTITION_KEYS, {"year": [2025, 2026], "month": [1, 12]}
            ),
            "rejects": entry("rejects", 0, [{"name": "source", "type": "string"}]),
        }
        manifest = {"snapshot": snapshot, "tables": tables}
        s3.put_object(Bucket=lake_bucket, Key=f"analytics/_manifests/{snapshot}.json", Body=json.dumps(manifest))

    return write


@pytest.fixture
def hook(lake_bucket, glue_database):
    return SnapshotHook(bucket=lake_bucket, database=glue_database)


@pytest.fixture
def publish(hook):
    return hook.publish


def locations(glue, database):
    tables = glue.get_tables(DatabaseName=database)["TableList"]
    return {table["Name"]: table["StorageDescriptor"]["Location"] for table in tables}


def test_the_first_publish_creates_the_tables(aws, run, write_snapshot, lake_bucket, glue_database):
    write_snapshot("jr_1")

    published = run(
        PublishSnapshotOperator(task_id="publish", bucket=lake_bucket, database=glue_database, snapshot="jr_1")
    )

    assert published["tables"]["dim_customers"] == {
        "location": f"s3://{lake_bucket}/analytics/dim_customers/snapshot=jr_1/",
        "rows": 2,
        "copy_manifest": f"s3://{lake_bucket}/analytics/_manifests/jr_1/dim_customers.json",
    }
    fact = aws("glue").get_table(DatabaseName=glue_database, Name="fact_transactions")["Table"]
    assert [(key["Name"], key["Type"]) for key in fact["PartitionKeys"]] == [("year", "int"), ("month", "int")]
    columns = [(column["Name"], column["Type"]) for column in fact["StorageDescriptor"]["Columns"]]
    assert columns == [("transaction_key", "bigint"), ("amount", "decimal(18,2)")]
    assert (
        fact["Parameters"].items()
        >= {
            "snapshot": "jr_1",
            "classification": "parquet",
            "projection.enabled": "true",
            "projection.year.type": "integer",
            "projection.year.range": "2025,2026",
            "projection.month.type": "integer",
            "projection.month.range": "1,12",
        }.items()
    )


def test_redshift_is_given_the_parquet_files_of_a_table_and_no_folder_marker(
    s3, run, write_snapshot, lake_bucket, glue_database
):
    write_snapshot("jr_1")
    folder = "analytics/fact_transactions/snapshot=jr_1/"
    for marker in (folder, f"{folder}year=2026/"):
        s3.put_object(Bucket=lake_bucket, Key=marker)

    published = run(
        PublishSnapshotOperator(task_id="publish", bucket=lake_bucket, database=glue_database, snapshot="jr_1")
    )

    manifest = published["tables"]["fact_transactions"]["copy_manifest"].removeprefix(f"s3://{lake_bucket}/")
    file = f"{folder}year=2026/month=1/part-0.parquet"
    size = s3.head_object(Bucket=lake_bucket, Key=file)["ContentLength"]
    assert json.loads(s3.get_object(Bucket=lake_bucket, Key=manifest)["Body"].read()) == {
        "entries": [{"url": f"s3://{lake_bucket}/{file}", "mandatory": True, "meta": {"content_length": size}}]
    }


def test_publishing_moves_every_table_and_remembers_what_it_replaced(
    aws, hook, publish, write_snapshot, lake_bucket, glue_database
):
    for snapshot in ("jr_1", "jr_2"):
        write_snapshot(snapshot)
        publish(snapshot)

    assert locations(aws("glue"), glue_database) == {
        table: f"s3://{lake_bucket}/analytics/{table}/snapshot=jr_2/"
        for table in ("dim_customers", "fact_transactions", "rejects")
    }
    assert (hook.published_snapshot(), hook.previous_snapshot()) == ("jr_2", "jr_1")
    assert aws("glue").get_database(Name=glue_database)["Database"]["Description"] == "The lake"


def test_publishing_again_changes_nothing(aws, hook, publish, write_snapshot, glue_database):
    for snapshot in ("jr_1", "jr_2"):
        write_snapshot(snapshot)
        publish(snapshot)
    before = locations(aws("glue"), glue_database)

    publish("jr_2")

    assert locations(aws("glue"), glue_database) == before
    assert (hook.published_snapshot(), hook.previous_snapshot()) == ("jr_2", "jr_1")


def test_a_snapshot_with_a_table_missing_moves_no_table(
    aws, s3, hook, publish, write_snapshot, lake_bucket, glue_database
):
    write_snapshot("jr_1")
    publish("jr_1")
    write_snapshot("jr_2")
    s3.delete_object(
        Bucket=lake_bucket, Key="analytics/fact_transactions/snapshot=jr_2/year=2026/month=1/part-0.parquet"
    )

    with pytest.raises(LakeError, match=r"jr_2.*fact_transactions"):
        publish("jr_2")

    assert all(location.endswith("snapshot=jr_1/") for location in locations(aws("glue"), glue_database).values())
    assert hook.published_snapshot() == "jr_1"


def test_a_snapshot_without_manifest_is_not_published(publish):
    with pytest.raises(AirflowFailException, match=r"analytics/_manifests/jr_1\.json"):
        publish("jr_1")


def test_what_is_not_a_snapshot_id_is_refused_without_a_retry(publish):
    with pytest.raises(AirflowFailException, match=r"'\.\./jr_1' is not the id of a snapshot"):
        publish("../jr_1")


def test_a_rollback_goes_to_the_previously_published_snapshot(hook, publish, write_snapshot):
    for snapshot in ("jr_1", "jr_2"):
        write_snapshot(snapshot)
        publish(snapshot)

    assert hook.rollback_target("") == "jr_1"


def test_a_rollback_goes_to_the_snapshot_asked_for(hook, publish, write_snapshot):
    for snapshot in ("jr_1", "jr_2", "jr_3"):
        write_snapshot(snapshot)
        publish(snapshot)

    assert hook.rollback_target("jr_1") == "jr_1"


def test_a_rollback_without_an_earlier_snapshot_says_so(hook, publish, write_snapshot):
    write_snapshot("jr_1")
    publish("jr_1")

    with pytest.raises(LakeError, match="no other snapshot published"):
        hook.rollback_target("")


def test_expiry_keeps_the_published_and_the_previous_snapshot(
    s3, hook, publish, write_snapshot, put_parquet, lake_bucket, glue_database, context
):
    for snapshot in ("jr_1", "jr_2", "jr_3"):
        write_snapshot(snapshot)
        for table in publish(snapshot):
            hook.write_copy_manifest(snapshot, table)
    put_parquet("analytics/dim_customers/snapshot=jr_broken/part-0.parquet", pa.table({"customer_key": [1]}))
    expire = ExpireSnapshotsOperator(
        task_id="expire", bucket=lake_bucket, database=glue_database, retention=timedelta(seconds=-60)
    )

    assert expire.execute(context) == ["jr_1", "jr_broken"]

    remaining = [item["Key"] for item in s3.list_objects_v2(Bucket=lake_bucket)["Contents"]]
    assert sorted(remaining) == [
        "analytics/_manifests/jr_2.json",
        "analytics/_manifests/jr_2/dim_customers.json",
        "analytics/_manifests/jr_2/fact_transactions.json",
        "analytics/_manifests/jr_2/rejects.json",
        "analytics/_manifests/jr_3.json",
        "analytics/_manifests/jr_3/dim_customers.json",
        "analytics/_manifests/jr_3/fact_transactions.json",
        "analytics/_manifests/jr_3/rejects.json",
        "analytics/dim_customers/snapshot=jr_2/part-0.parquet",
        "analytics/dim_customers/snapshot=jr_3/part-0.parquet",
        "analytics/fact_transactions/snapshot=jr_2/year=2026/month=1/part-0.parquet",
        "analytics/fact_transactions/snapshot=jr_3/year=2026/month=1/part-0.parquet",
        "quality/jr_2/results.json",
        "quality/jr_3/results.json",
    ]


def test_a_snapshot_within_its_retention_is_kept(hook, publish, write_snapshot):
    for snapshot in ("jr_1", "jr_2", "jr_3"):
        write_snapshot(snapshot)
        publish(snapshot)

    assert hook.expire(older_than=datetime.now(UTC) - timedelta(days=14)) == []


def test_manifests_of_other_pipelines_are_no_snapshots(hook, s3, lake_bucket, write_snapshot):
    write_snapshot("jr_1")
    s3.put_object(Bucket=lake_bucket, Key="analytics/_manifests/stock_prices/jr_9.json", Body=b"{}")
    assert hook.expire(older_than=datetime.now(UTC) + timedelta(hours=1)) == ["jr_1"]
