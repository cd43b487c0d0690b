"""PyAthena's cursors, as its documentation uses them."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import pytest
from pyarrow.fs import S3FileSystem
from pyathena import connect
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor
from pyathena.connection import Connection
from pyathena.cursor import DictCursor
from pyathena.error import OperationalError
from pyathena.model import AthenaQueryExecution
from pyathena.pandas.cursor import PandasCursor
from pyathena.pandas.util import to_sql
from pyathena.s3fs.cursor import S3FSCursor

from stack.waiting import wait_until
from tests.conftest import Endpoint
from tests.local_aws.athena.athena_lake import Lake

pytestmark = pytest.mark.usefixtures("client_environment")
NUMBERS = 2500
ENDLESS = "SELECT sum(a.n * b.n) FROM numbers a, numbers b, numbers c"


@pytest.fixture(scope="module")
def numbers(lake: Lake) -> Lake:
    """The table `numbers`, a row each from 0."""
    lake.put("numbers/a.tsv", "".join(f"{number}\n" for number in range(NUMBERS)))
    lake.execute(f"CREATE EXTERNAL TABLE numbers (n int) LOCATION '{lake.url('numbers/')}'")
    return lake


@pytest.fixture
def connection(numbers: Lake) -> Connection:
    return connect(s3_staging_dir=numbers.url("results/"), schema_name=numbers.database, poll_interval=0.02)


def test_every_type_comes_as_python_s_own(connection: Connection):
    cursor = connection.cursor()
    cursor.execute(
        "SELECT true AS b, CAST(1 AS tinyint) AS t, 3 AS i, BIGINT '4' AS g, REAL '1.5' AS r, 2.5e0 AS d, "
        "DECIMAL '1.10' AS m, 'x' AS v, X'65683F' AS y, DATE '2025-01-02' AS a, "
        "TIMESTAMP '2025-01-02 03:04:05.678' AS s, ARRAY[1, 2] AS l, CAST(NULL AS integer) AS n"
    )
    at = datetime(2025, 1, 2, 3, 4, 5, 678000)  # noqa: DTZ001 - a timestamp without zone
    expected = (True, 1, 3, 4, 1.5, 2.5, Decimal("1.10"), "x", b"eh?", date(2025, 1, 2), at, [1, 2], None)
    assert cursor.fetchall() == [expected]
    kinds = {name: (kind, precision, scale) for name, kind, _, _, precision, scale, _ in cursor.description}
    assert kinds["i"] == ("integer", 10, 0)
    assert kinds["r"] == ("float", 17, 0)
    assert kinds["m"] == ("decimal", 3, 2)
    assert kinds["v"][0] == "varchar"


def test_pages_parameters_and_facts_of_the_execution(connection: Connection, numbers: Lake):
    cursor = connection.cursor()
    cursor.execute("SELECT n FROM numbers ORDER BY n")
    assert [n for (n,) in cursor.fetchall()] == list(range(NUMBERS))
    cursor.execute(
        "SELECT n, %(text)s, %(day)s, %(none)s, '%%' FROM numbers WHERE n IN %(list)s ORDER BY n",
        {"text": "it's 100%", "day": date(2025, 1, 1), "none": None, "list": [7, 5]},
    )
    assert cursor.fetchall() == [(n, "it's 100%", date(2025, 1, 1), None, "%") for n in (5, 7)]
    cursor.execute("SELECT n FROM numbers WHERE n < ?", ["2"], paramstyle="qmark")
    assert cursor.fetchmany(5) == [(0,), (1,)]
    assert cursor.state == AthenaQueryExecution.STATE_SUCCEEDED
    assert cursor.statement_type == AthenaQueryExecution.STATEMENT_TYPE_DML
    assert cursor.data_scanned_in_bytes > 0
    assert cursor.output_location == f"{numbers.url('results/')}{cursor.query_id}.csv"
    assert cursor.effective_engine_version == "Athena engine version 3"
    with pytest.raises(OperationalError, match="COLUMN_NOT_FOUND: line 1:8"):
        cursor.execute("SELECT nosuch FROM numbers")
    with pytest.raises(OperationalError, match="MetadataException"):
        cursor.get_table_metadata("nosuch")
    assert [column.name for column in cursor.get_table_metadata("numbers").columns] == ["n"]


def test_results_are_reused_and_taken_from_the_cache(connection: Connection):
    cursor = connection.cursor()
    reused = []
    for _ in range(2):
        cursor.execute("SELECT max(n) FROM numbers", result_reuse_enable=True, result_reuse_minutes=5)
        reused.append((cursor.fetchall(), cursor.reused_previous_result, cursor.result_reuse_minutes))
    assert reused == [([(NUMBERS - 1,)], False, 5), ([(NUMBERS - 1,)], True, 5)]
    query_id = cursor.query_id
    assert cursor.execute("SELECT max(n) FROM numbers", cache_size=10).query_id == query_id


def test_dictionaries_and_files_of_results(connection: Connection):
    rows = connection.cursor(DictCursor).execute("SELECT n, n * 2 AS twice FROM numbers WHERE n = 4").fetchall()
    assert rows == [{"n": 4, "twice": 8}]
    assert connection.cursor(S3FSCursor).execute("SELECT count(*) FROM numbers").fetchall() == [(NUMBERS,)]


@pytest.mark.parametrize("options", [{}, {"unload": True}], ids=["csv", "unload"])
def test_pandas_and_arrow_read_whole_results(connection: Connection, aws_endpoint: Endpoint, options, monkeypatch):
    sql = "SELECT n, CAST(n AS varchar) AS text FROM numbers ORDER BY n"
    frame = connection.cursor(PandasCursor, **options).execute(sql).as_pandas()
    assert frame["n"].tolist() == list(range(NUMBERS))
    assert frame["text"].tolist()[:2] == ["0", "1"]

    # The cursor makes a file system of Arrow's own, for which it knows no address but AWS's.
    monkeypatch.setattr("pyarrow.fs.S3FileSystem", partial(S3FileSystem, endpoint_override=aws_endpoint.url))
    table = connection.cursor(ArrowCursor, **options).execute(sql).as_arrow()
    assert table["n"].to_pylist() == list(range(NUMBERS))


def test_queries_run_beside_each_other_and_are_cancelled(connection: Connection):
    cursor = connection.cursor(AsyncCursor, max_workers=4)
    running = [cursor.execute(f"SELECT {number} + max(n) FROM numbers")[1] for number in range(6)]
    assert [future.result().fetchall() for future in running] == [[(number + NUMBERS - 1,)] for number in range(6)]
    query_id, future = cursor.execute(ENDLESS)

    def runs() -> bool:
        return cursor.query_execution(query_id).result().state == AthenaQueryExecution.STATE_RUNNING

    wait_until(runs, "The query", timeout_seconds=20)
    cursor.cancel(query_id).result()
    assert future.result().state == AthenaQueryExecution.STATE_CANCELLED


def test_a_frame_becomes_a_partitioned_table(connection: Connection, numbers: Lake):
    frame = pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "c"], "day": ["x", "x", "y"]})

    def rows() -> list[tuple[Any, ...]]:
        return sorted(connection.cursor().execute("SELECT id, name, day FROM frames").fetchall())

    for mode, expected in (("replace", 1), ("append", 2)):
        to_sql(
            frame,
            "frames",
            connection,
            numbers.url("frames/"),
            schema=numbers.database,
            index=False,
            if_exists=mode,
            partitions=["day"],
        )
        assert rows() == sorted([*frame.itertuples(index=False, name=None)] * expected)
    assert numbers.lines("SHOW PARTITIONS frames") == ["day=x", "day=y"]
