"""Writers of one Iceberg table in turn and at once, and one that is cancelled or killed."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def test_pyiceberg_and_athena_write_the_same_table_in_turn(lake: IcebergLake):
    lake.create_by_ddl("shared", "id bigint, name string")
    for turn in range(3):
        lake.execute(f"INSERT INTO shared VALUES ({turn}, 'athena')")
        lake.load("shared").append(pa.table({"id": [turn], "name": ["pyiceberg"]}))
        lake.execute(f"UPDATE shared SET name = name || '!' WHERE id = {turn} AND name = 'pyiceberg'")
        lake.load("shared").delete(f"id = {turn} and name = 'athena'")
    assert lake.read("shared") == [(0, "pyiceberg!"), (1, "pyiceberg!"), (2, "pyiceberg!")]
    assert lake.rows("SELECT * FROM shared ORDER BY id") == [[str(turn), "pyiceberg!"] for turn in range(3)]


def test_inserts_at_once_are_all_kept(lake: IcebergLake):
    lake.create_by_ddl("busy", "id int")
    statements = [f"INSERT INTO busy VALUES {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lake.execute, statements))
    assert lake.read("busy") == [(number,) for number in range(8)]


def test_changes_at_once_are_kept_or_refused(lake: IcebergLake):
    lake.create_by_ddl("contended", "id int, amount int")
    lake.execute("INSERT INTO contended VALUES (1, 0)")
    with ThreadPoolExecutor(4) as pool:
        states = list(
            pool.map(
                lambda _: lake.wait(lake.start("UPDATE contended SET amount = amount + 1 WHERE id = 1"))["Status"],
                range(8),
            )
        )
    done = sum(status["State"] == "SUCCEEDED" for status in states)
    reasons = {status["StateChangeReason"] for status in states if status["State"] == "FAILED"}
    assert done
    assert reasons <= {f"ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: {lake.database}.contended"}
    assert lake.read("contended") == [(1, done)]


ENDLESS = "SELECT a * b FROM UNNEST(sequence(1, 9000)) t(a), UNNEST(sequence(1, 9000)) u(b)"


def await_start(lake: IcebergLake, query: str) -> None:
    deadline = time.monotonic() + 20
    while lake.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "QUEUED":
        assert time.monotonic() < deadline
    time.sleep(0.3)


def test_cancelled_insert_leaves_nothing(lake: IcebergLake):
    lake.create_by_ddl("cancelled", "id bigint")
    query = lake.start(f"INSERT INTO cancelled {ENDLESS}")
    await_start(lake, query)
    lake.athena.stop_query_execution(QueryExecutionId=query)
    assert lake.wait(query)["Status"]["State"] == "CANCELLED"
    deadline = time.monotonic() + 20
    while lake.keys("cancelled/data/"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert lake.load("cancelled").current_snapshot() is None


def test_killed_insert_leaves_nothing_that_a_reader_sees(own_endpoint: Endpoint):
    lake = IcebergLake.over(own_endpoint, own_endpoint.client)
    lake.create_by_ddl("killed", "id bigint")
    lake.execute("INSERT INTO killed VALUES 1")
    before = lake.load("killed").metadata_location
    query = lake.start(f"INSERT INTO killed {ENDLESS}")
    await_start(lake, query)
    own_endpoint.kill()
    own_endpoint.start()
    assert lake.wait(query)["Status"]["State"] == "FAILED"
    assert lake.load("killed").metadata_location == before
    assert lake.update_count("UPDATE killed SET id = 2") == 1
    assert lake.read("killed") == [(2,)]
