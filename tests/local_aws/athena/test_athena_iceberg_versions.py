"""Time and version travel in Athena, and the tables that say what an Iceberg table consists of."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from botocore.client import BaseClient
from pyiceberg.schema import Schema
from pyiceberg.types import DoubleType, IntegerType, LongType, NestedField, StringType

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake, arrow_table

PRICES = Schema(
    NestedField(1, "symbol", StringType()),
    NestedField(2, "price", DoubleType()),
    NestedField(3, "month", IntegerType()),
)
WIDER = Schema(*PRICES.fields, NestedField(4, "volume", LongType()))


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    """`prices`: two rows of January; a third, of February, with a column more; January without its rows again.

    The tag `two_rows` and the branch `audit` stand at the first state.
    """
    lake = IcebergLake.over(aws_endpoint, aws)
    table = lake.create_table("prices", PRICES, "month")
    table.append(arrow_table(PRICES, symbol=["A", "B"], price=[1.5, None], month=[1, 1]))
    first = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_tag(first, "two_rows").create_branch(first, "audit").commit()
    with table.update_schema() as update:
        update.add_column("volume", LongType())
    time.sleep(0.002)
    table.append(arrow_table(WIDER, symbol=["C"], price=[2.5], month=[2], volume=[7]))
    time.sleep(0.002)
    table.delete("month = 1")
    return lake


def snapshots(lake: IcebergLake) -> list[int]:
    return [entry.snapshot_id for entry in lake.load("prices").history()]


def moment(lake: IcebergLake, place: int) -> str:
    entry = lake.load("prices").history()[place]
    return f"{datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC):%Y-%m-%d %H:%M:%S.%f}"


def test_a_snapshot_is_read_under_the_schema_that_it_was_written_with(lake: IcebergLake):
    first, second, third = snapshots(lake)
    statement = "SELECT * FROM prices FOR VERSION AS OF {} ORDER BY symbol"
    assert lake.rows(statement.format(first)) == [["A", "1.5", "1"], ["B", None, "1"]]
    assert lake.rows(statement.format(second)) == [
        ["A", "1.5", "1", None],
        ["B", None, "1", None],
        ["C", "2.5", "2", "7"],
    ]
    assert lake.rows(statement.format(third)) == lake.rows("SELECT * FROM prices") == [["C", "2.5", "2", "7"]]


@pytest.mark.parametrize("reference", ["two_rows", "audit"])
def test_tags_and_branches_are_versions(lake: IcebergLake, reference: str):
    before = f"SELECT count(*) FROM prices FOR VERSION AS OF '{reference}' p WHERE p.month = 1"
    assert lake.rows(f"SELECT ({before}), count(*) FROM prices") == [["2", "1"]]


def test_the_version_may_be_a_parameter_and_may_stand_in_a_view(lake: IcebergLake):
    first = str(snapshots(lake)[0])
    statement = "SELECT count(*) FROM prices FOR VERSION AS OF ?"
    assert lake.rows(statement, ExecutionParameters=[first]) == [["2"]]
    lake.execute("CREATE OR REPLACE VIEW published AS SELECT symbol FROM prices FOR VERSION AS OF 'two_rows'")
    assert lake.rows("SELECT * FROM published ORDER BY symbol") == [["A"], ["B"]]


def test_a_moment_gives_the_state_that_was_current_then(lake: IcebergLake):
    statement = "SELECT count(*) FROM prices FOR TIMESTAMP AS OF {}"
    counts = [lake.rows(statement.format(f"TIMESTAMP '{moment(lake, place)} UTC'")) for place in range(3)]
    assert counts == [[["2"]], [["3"]], [["1"]]]
    assert lake.rows(statement.format(f"TIMESTAMP '{moment(lake, 1)}'")) == [["3"]]
    assert lake.rows(statement.format("(current_timestamp - interval '0' second)")) == [["1"]]


@pytest.mark.parametrize(
    ("pointer", "message"),
    [
        ("VERSION AS OF 5", "INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: 5"),
        ("VERSION AS OF 'nothing'", "INVALID_ARGUMENTS: Cannot find snapshot with reference name: nothing"),
        ("VERSION AS OF DATE '2024-01-01'", "NOT_SUPPORTED: Unsupported type for table version: date"),
        ("VERSION AS OF NULL", "INVALID_ARGUMENTS: Pointer value cannot be NULL"),
        (
            "TIMESTAMP AS OF TIMESTAMP '2001-02-03 04:05:06 UTC'",
            "INVALID_ARGUMENTS: No version history table {database}.prices at or before 2001-02-03T04:05:06.000Z",
        ),
        (
            "TIMESTAMP AS OF DATE '2999-01-01'",
            "INVALID_ARGUMENTS: Pointer value '2999-01-01 00:00:00.000000 UTC' is not in the past",
        ),
        (
            "TIMESTAMP AS OF 'x'",
            "TYPE_MISMATCH: Type varchar invalid. Temporal pointers must be of type Timestamp, Timestamp with Time "
            "Zone, or Date.",
        ),
    ],
)
def test_unknown_versions_are_refused(lake: IcebergLake, pointer: str, message: str):
    assert lake.failure(f"SELECT * FROM prices FOR {pointer}") == message.format(database=lake.database)


def test_only_iceberg_tables_have_versions(lake: IcebergLake):
    lake.execute(f"CREATE EXTERNAL TABLE plain (id int) STORED AS PARQUET LOCATION '{lake.url('plain/')}'")
    failure = lake.failure("SELECT * FROM plain FOR VERSION AS OF 1")
    assert failure == "NOT_SUPPORTED: This connector does not support versioned tables"


def test_snapshots_and_history(lake: IcebergLake):
    first, second, third = map(str, snapshots(lake))
    assert lake.rows('SELECT snapshot_id, parent_id, operation FROM "prices$snapshots" ORDER BY committed_at') == [
        [first, None, "append"],
        [second, first, "append"],
        [third, second, "delete"],
    ]
    [[committed_at, added]] = lake.rows(
        f"""SELECT committed_at, summary['added-records'] FROM "{lake.database}"."prices$snapshots"
        WHERE snapshot_id = {second}"""
    )
    assert committed_at == f"{moment(lake, 1)[:-3]} UTC"
    assert added == "1"
    history = lake.rows('SELECT snapshot_id, parent_id, is_current_ancestor FROM "prices$history"')
    assert history == [[first, None, "true"], [second, first, "true"], [third, second, "true"]]


def test_references(lake: IcebergLake):
    first, _, third = map(str, snapshots(lake))
    assert lake.rows('SELECT * FROM "prices$refs" ORDER BY name') == [
        ["audit", "BRANCH", first, None, None, None],
        ["main", "BRANCH", third, None, None, None],
        ["two_rows", "TAG", first, None, None, None],
    ]


def test_files_are_the_current_data_files(lake: IcebergLake):
    [task] = lake.load("prices").scan().plan_files()
    [row] = lake.rows(
        "SELECT content, file_path, file_format, record_count, file_size_in_bytes, value_counts, null_value_counts, "
        'lower_bounds, upper_bounds, equality_ids FROM "prices$files"'
    )
    assert row == [
        "0",
        task.file.file_path,
        "PARQUET",
        "1",
        str(len(lake.s3.get_object(Bucket=lake.bucket, Key=task.file.file_path.split("/", 3)[3])["Body"].read())),
        "{1=1, 2=1, 3=1, 4=1}",
        "{1=0, 2=0, 3=0, 4=0}",
        "{1=C, 2=2.5, 3=2, 4=7}",
        "{1=C, 2=2.5, 3=2, 4=7}",
        None,
    ]


def test_manifests(lake: IcebergLake):
    table = lake.load("prices")
    expected = [
        [manifest.manifest_path, str(manifest.manifest_length), str(manifest.added_snapshot_id)]
        for manifest in table.current_snapshot().manifests(table.io)
    ]
    found = lake.rows('SELECT path, length, added_snapshot_id, partitions FROM "prices$manifests"')
    assert [row[:3] for row in found] == expected
    assert "[{contains_null=false, contains_nan=false, lower_bound=2, upper_bound=2}]" in [row[3] for row in found]


def test_partitions_sum_up_their_files(lake: IcebergLake):
    table = lake.create_table("parted", PRICES, "month")
    for price in (1.0, 4.0, None):
        table.append(arrow_table(PRICES, symbol=["X"], price=[price], month=[5]))
    [row] = lake.rows('SELECT partition.month, record_count, file_count, total_size, data FROM "parted$partitions"')
    sizes = [task.file.file_size_in_bytes for task in table.scan().plan_files()]
    assert row[:4] == ["5", "3", "3", str(sum(sizes))]
    assert row[4] == (
        "{symbol={min=X, max=X, null_count=0, nan_count=null}, price={min=1.0, max=4.0, null_count=1, nan_count=null}}"
    )


def test_a_table_without_snapshots_is_empty(lake: IcebergLake):
    lake.create_table("empty", PRICES, "month")
    assert lake.rows("SELECT symbol, month FROM empty") == []
    for name in ("snapshots", "history", "refs", "files", "manifests", "partitions"):
        assert lake.rows(f'SELECT * FROM "empty${name}"') == []


@pytest.mark.parametrize("name", ["properties", "metadata_log_entries", "entries", "nothing"])
def test_what_athena_does_not_document_is_refused_by_name(lake: IcebergLake, name: str):
    failure = lake.failure(f'SELECT * FROM "prices${name}"')
    assert failure == (
        f"NOT_SUPPORTED: Reading '{lake.database}.prices${name}' is not supported by the local Athena engine"
    )
