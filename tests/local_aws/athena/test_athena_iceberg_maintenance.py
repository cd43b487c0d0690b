"""OPTIMIZE and VACUUM of Iceberg tables: what they rewrite, what they remove, and what has to stay."""

import time
from collections.abc import Callable

import pytest
from botocore.client import BaseClient
from pyiceberg.table.snapshots import Operation

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake

PROPERTIES = "TBLPROPERTIES ('table_type' = 'ICEBERG')"
BIN_PACK = "REWRITE DATA USING BIN_PACK"


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def files(lake: IcebergLake, name: str) -> list[tuple[object, int, int]]:
    """Of each data file: its partition, its rows, its delete files."""
    tasks = lake.load(name).scan().plan_files()
    return sorted((str(task.file.partition), task.file.record_count, len(task.delete_files)) for task in tasks)


def test_optimize_makes_one_file_of_a_partition_that_has_enough(lake: IcebergLake):
    lake.create_by_ddl("packed", "id int, year int", "PARTITIONED BY (year)")
    for number in range(5):
        lake.execute(f"INSERT INTO packed VALUES ({number}, 2023)")
    lake.execute("INSERT INTO packed VALUES (9, 2024)")
    before = lake.read("packed")
    execution = lake.execute(f"OPTIMIZE packed {BIN_PACK}")
    assert execution["SubstatementType"] == "OPTIMIZE"
    assert files(lake, "packed") == [("Record[2023]", 5, 0), ("Record[2024]", 1, 0)]
    assert lake.read("packed") == before
    snapshot = lake.load("packed").current_snapshot()
    assert snapshot.summary.operation is Operation.REPLACE
    assert (snapshot.summary["total-records"], snapshot.summary["total-data-files"]) == ("6", "2")
    lake.execute(f"OPTIMIZE packed {BIN_PACK}")
    assert lake.load("packed").current_snapshot() == snapshot


def test_optimize_takes_deletes_into_the_files(lake: IcebergLake):
    lake.create_by_ddl("settled", "id int, year int", "PARTITIONED BY (year)")
    lake.execute("INSERT INTO settled VALUES (1, 2023), (2, 2023), (3, 2023), (4, 2024), (5, 2024)")
    for number in (1, 2):
        lake.execute(f"DELETE FROM settled WHERE id = {number}")
    lake.execute("DELETE FROM settled WHERE id = 4")
    assert files(lake, "settled") == [("Record[2023]", 3, 2), ("Record[2024]", 2, 1)]
    lake.execute(f"OPTIMIZE settled {BIN_PACK}")
    assert files(lake, "settled") == [("Record[2023]", 1, 0), ("Record[2024]", 2, 1)]
    assert lake.read("settled") == [(3, 2023), (5, 2024)]
    assert lake.load("settled").current_snapshot().summary["total-position-deletes"] == "1"
    assert lake.rows("SELECT * FROM settled ORDER BY id") == [["3", "2023"], ["5", "2024"]]


def test_optimize_with_a_condition_leaves_other_partitions(lake: IcebergLake):
    lake.create_by_ddl(
        "chosen",
        "id int, year int",
        "PARTITIONED BY (year)",
        ", 'optimize_rewrite_data_file_threshold' = '2'",
    )
    for number in range(2):
        lake.execute(f"INSERT INTO chosen VALUES ({number}, 2023), ({number}, 2024)")
    assert lake.failure(f"OPTIMIZE chosen {BIN_PACK} WHERE id = 1").startswith("NOT_SUPPORTED: ")
    lake.execute(f"OPTIMIZE chosen {BIN_PACK} WHERE year > 2023")
    assert files(lake, "chosen") == [("Record[2023]", 1, 0), ("Record[2023]", 1, 0), ("Record[2024]", 2, 0)]


def test_vacuum_expires_snapshots_and_removes_their_files(lake: IcebergLake):
    lake.create_by_ddl("aged", "id int")
    for number in range(3):
        lake.execute(f"INSERT INTO aged VALUES {number}")
    lake.execute("DELETE FROM aged")
    lake.execute("INSERT INTO aged VALUES 7")
    lake.execute("VACUUM aged")
    assert len(lake.load("aged").metadata.snapshots) == 5
    lake.execute(
        "ALTER TABLE aged SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds' = '1', "
        "'vacuum_max_metadata_files_to_keep' = '2')"
    )
    time.sleep(1.1)
    assert lake.execute("VACUUM aged")["SubstatementType"] == "VACUUM"
    table = lake.load("aged")
    assert [snapshot.snapshot_id for snapshot in table.metadata.snapshots] == [table.current_snapshot().snapshot_id]
    assert lake.read("aged") == [(7,)]
    assert len(lake.keys("aged/data/")) == 1
    left = lake.keys("aged/metadata/")
    assert sum(key.endswith(".metadata.json") for key in left) == 3
    assert sum(key.endswith(".avro") for key in left) == 2


def test_vacuum_keeps_what_tags_branches_and_the_minimum_need(lake: IcebergLake):
    lake.create_by_ddl(
        "tagged",
        "id int",
        properties=", 'vacuum_max_snapshot_age_seconds' = '1', 'vacuum_min_snapshots_to_keep' = '2'",
    )
    made = []
    for number in range(5):
        lake.execute(f"INSERT INTO tagged VALUES {number}")
        snapshot = lake.load("tagged").current_snapshot().snapshot_id
        made.append(snapshot)
        if number == 0:
            lake.load("tagged").manage_snapshots().create_tag(snapshot, "published").commit()
        if number == 1:
            lake.load("tagged").manage_snapshots().create_branch(snapshot, "audit").commit()
        if number == 2:
            lake.load("tagged").manage_snapshots().create_tag(snapshot, "brief", max_ref_age_ms=1).commit()
    time.sleep(1.1)
    lake.execute("VACUUM tagged")
    table = lake.load("tagged")
    assert set(table.metadata.refs) == {"main", "published", "audit"}
    assert {snapshot.snapshot_id for snapshot in table.metadata.snapshots} == {made[place] for place in (0, 1, 3, 4)}
    assert table.scan(snapshot_id=table.metadata.refs["published"].snapshot_id).to_arrow().num_rows == 1
    assert table.scan(snapshot_id=table.metadata.refs["audit"].snapshot_id).to_arrow().num_rows == 2
    assert lake.rows("SELECT count(*) FROM tagged") == [["5"]]


def test_vacuum_removes_old_files_that_nothing_names(lake: IcebergLake):
    lake.create_by_ddl("littered", "id int", properties=", 'vacuum_max_snapshot_age_seconds' = '1'")
    lake.execute("INSERT INTO littered VALUES 1")
    lake.put("littered/data/orphan.parquet", "left by a killed writer")
    time.sleep(1.1)
    lake.put("littered/data/young.parquet", "of a writer that is at work")
    lake.put("littered/notes.txt", "not in the table's folders")
    lake.execute("VACUUM littered")
    assert "littered/data/orphan.parquet" not in lake.keys("littered/")
    assert {"littered/data/young.parquet", "littered/notes.txt"} <= set(lake.keys("littered/"))
    assert lake.rows("SELECT * FROM littered") == [["1"]]


def test_vacuum_waits_for_a_query_that_reads_what_expires(lake: IcebergLake):
    lake.create_by_ddl("read_long", "id bigint", properties=", 'vacuum_max_snapshot_age_seconds' = '1'")
    lake.execute("INSERT INTO read_long SELECT x FROM UNNEST(sequence(1, 3000)) t(x)")
    time.sleep(1.1)
    reader = lake.start(
        "SELECT count(*), sum(a.id * b.id + c.id) FROM read_long a, read_long b, read_long c WHERE c.id < 60"
    )
    while lake.athena.get_query_execution(QueryExecutionId=reader)["QueryExecution"]["Status"]["State"] == "QUEUED":
        time.sleep(0.01)
    time.sleep(0.2)
    lake.execute("DELETE FROM read_long")
    lake.execute("VACUUM read_long")
    assert lake.athena.get_query_execution(QueryExecutionId=reader)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    assert lake.keys("read_long/data/") == []


@pytest.mark.parametrize("statement", [f"OPTIMIZE plain {BIN_PACK}", "VACUUM plain"])
def test_maintenance_of_other_tables_is_refused(lake: IcebergLake, statement: str):
    if "plain" not in lake.lines("SHOW TABLES"):
        lake.execute("CREATE TABLE plain AS SELECT 1 AS id")
    assert lake.failure(statement).startswith("NOT_SUPPORTED: ")
