"""Redshift follows published Iceberg tables by what changed of them, in a real warehouse."""

import json

import pyarrow as pa
import pytest
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.redshift.copy_plan import CopyPlanHook
from lakehouse_aws.redshift.load import RedshiftLoadOperator
from lakehouse_aws.redshift.questions import RedshiftQuestionsOperator
from pyiceberg.expressions import EqualTo

from tests.plugins.redshift_load.published_sales import (
    PREPARATION,
    SCRIPTS,
    TABLES,
    held,
    in_redshift,
    mains,
    write_month,
)


def copied(lake):
    """The files that the last manifest of the sales names."""
    listed = lake.s3.list_objects_v2(Bucket=lake.bucket, Prefix="analytics/_copy_manifests/sales/")["Contents"]
    newest = max(listed, key=lambda item: item["LastModified"])["Key"]
    return json.loads(lake.s3.get_object(Bucket=lake.bucket, Key=newest)["Body"].read())["entries"]


def test_redshift_takes_the_partitions_that_changed_and_what_it_holds_is_written_with_them(load, lake, warehouse):
    load()
    assert in_redshift(warehouse) == [1, 2]
    assert held(warehouse) == mains(lake)
    write_month(lake, 2, [20, 21])
    write_month(lake, 3, [30])

    load()

    assert in_redshift(warehouse) == [1, 20, 21, 30]
    assert held(warehouse) == mains(lake)
    assert {url.split("/data/")[1].rsplit("/", 1)[0] for url in (entry["url"] for entry in copied(lake))} == {
        "year=2026/month=2",
        "year=2026/month=3",
    }
    sizes = {entry["url"]: entry["meta"]["content_length"] for entry in copied(lake)}
    for url, size in sizes.items():
        assert lake.s3.head_object(Bucket=lake.bucket, Key=url.split("/", 3)[3])["ContentLength"] == size


def test_a_month_that_is_gone_goes_from_redshift(load, lake, warehouse):
    load()
    lake.table("sales").delete(EqualTo("month", 1))

    load()

    assert in_redshift(warehouse) == [2]


def test_a_table_that_did_not_change_is_left_alone(load, lake, warehouse):
    load()
    warehouse.run("INSERT INTO analytics.sales VALUES (99, 2026, 1)")

    load()

    assert in_redshift(warehouse) == [1, 2, 99]
    with pytest.raises(AirflowSkipException, match="Redshift holds all that is published"):
        load(skips_without_changes=True)


def test_a_table_without_partitions_is_replaced_whole(load, lake, warehouse):
    load()
    lake.table("regions").overwrite(pa.table({"region": ["south", "west"]}))

    load()

    assert warehouse.rows("SELECT region FROM analytics.regions ORDER BY region") == [["south"], ["west"]]


def test_a_version_that_has_expired_is_replaced_whole(load, lake, warehouse):
    load()
    warehouse.run("UPDATE analytics.table_versions SET snapshot_id = 1 WHERE table_name = 'sales'")
    warehouse.run("INSERT INTO analytics.sales VALUES (99, 2026, 1)")

    load()

    assert in_redshift(warehouse) == [1, 2]


def test_after_a_rollback_redshift_goes_back_by_what_differs(load, lake, warehouse):
    load()
    first = mains(lake)["sales"]
    write_month(lake, 2, [20])
    load()
    lake.table("sales").manage_snapshots().rollback_to_snapshot(first).commit()

    load()

    assert in_redshift(warehouse) == [1, 2]
    assert len(copied(lake)) == 1


def test_of_two_loads_at_once_the_second_changes_nothing(load, lake, warehouse, monkeypatch):
    load()
    write_month(lake, 2, [20])
    plan = CopyPlanHook.plan

    def plan_while_another_loads(self, *arguments):
        planned = plan(self, *arguments)
        monkeypatch.setattr(CopyPlanHook, "plan", plan)
        write_month(lake, 1, [10])
        load()
        return planned

    monkeypatch.setattr(CopyPlanHook, "plan", plan_while_another_loads)

    with pytest.raises(AirflowException, match="Another load came before this one, nothing was changed"):
        load()

    assert in_redshift(warehouse) == [10, 20]
    assert held(warehouse) == mains(lake)


def test_a_table_that_did_not_exist_in_the_published_version_is_emptied(load, lake, warehouse):
    load()
    lake.table("regions").manage_snapshots().remove_tag("published_jr_1").commit()
    hook = PublicationHook(bucket=lake.bucket, database=lake.database)
    hook.versions("regions").move_main(None, "published_jr_1", creates_tag=False)

    for _ in range(2):
        load()
        assert warehouse.rows("SELECT region FROM analytics.regions") == []
        assert held(warehouse) == {"regions": 0, "sales": mains(lake, ["sales"])["sales"]}

    assert in_redshift(warehouse) == [1, 2]


def test_without_a_workgroup_the_load_is_skipped(run, lake):
    operator = RedshiftLoadOperator(
        task_id="load",
        tables=TABLES,
        preparation=PREPARATION,
        scripts=SCRIPTS,
        bucket=lake.bucket,
        glue_database=lake.database,
        database="warehouse",
        workgroup_name=None,
    )

    with pytest.raises(AirflowSkipException, match="No Redshift workgroup is configured"):
        run(operator)


def test_answers_to_questions_are_shown_in_the_log(warehouse, run, capsys):
    rows = ", ".join(f"({number}, 2026, NULL)" for number in range(1, 26))
    warehouse.run(f"INSERT INTO analytics.sales VALUES {rows}")
    questions = ["SELECT count(*) AS orders FROM analytics.sales;", "SELECT * FROM analytics.sales ORDER BY amount;"]
    place = {"database": warehouse.place["Database"], "workgroup_name": warehouse.place["WorkgroupName"]}
    statements = run(RedshiftQuestionsOperator(task_id="ask", scripts=questions, poll_interval=0.1, **place))
    assert len(statements) == 2
    shown = capsys.readouterr().out
    assert "SELECT count(*) AS orders FROM analytics.sales\norders\n25" in shown
    assert "amount\tyear\tmonth\n1\t2026\tNULL\n2\t2026\tNULL\n" in shown
    assert "\n20\t2026\tNULL\nand 5 rows more" in shown
