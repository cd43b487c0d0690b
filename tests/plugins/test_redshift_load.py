"""Redshift follows published Iceberg tables by what changed of them, in a real warehouse."""

import json
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from lakehouse_aws.athena.query import AthenaQueryOperator
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.redshift.copy_plan import CopyPlanHook
from lakehouse_aws.redshift.load import RedshiftLoadOperator
from lakehouse_aws.redshift.questions import RedshiftQuestionsOperator
from pyiceberg.expressions import And, EqualTo
from pyiceberg.types import StringType

from lakehouse_contract.branches import PUBLISHED_PROPERTY
from tests.local_aws.redshift_warehouse import create_warehouse

DAGS_FOLDER = Path(__file__).parents[2] / "dags"
VERSIONS = "sql/redshift/table_versions"
PREPARATION = ["sql/redshift/create_schema.sql", f"{VERSIONS}/create_table.sql", f"{VERSIONS}/select.sql"]
SCRIPTS = [f"{VERSIONS}/expect_held.sql", "sql/redshift/replace_changed_partitions.sql", f"{VERSIONS}/write.sql"]
TABLES = ["regions", "sales"]
DDL = {
    "regions": "CREATE TABLE analytics.regions (region VARCHAR(16))",
    "sales": "CREATE TABLE analytics.sales (amount BIGINT, year INTEGER, month INTEGER)",
}


@pytest.fixture(scope="module")
def shared_warehouse(aws):
    return create_warehouse(aws, f"sales_{uuid4().hex[:8]}")


@pytest.fixture
def warehouse(shared_warehouse):
    shared_warehouse.run("CREATE SCHEMA IF NOT EXISTS analytics")
    for table, ddl in DDL.items():
        shared_warehouse.run(f"DROP TABLE IF EXISTS analytics.{table}")
        shared_warehouse.run(ddl)
    shared_warehouse.run("DROP TABLE IF EXISTS analytics.table_versions")
    return shared_warehouse


@pytest.fixture
def lake(lake_bucket, glue_database, iceberg_lake):
    """Regions without partitions, and sales of January and February."""
    hook = PublicationHook(bucket=lake_bucket, database=glue_database)
    lake = iceberg_lake(hook.catalog, partition_keys={"sales": ("year", "month")})
    regions, january, february = pa.table({"region": ["north"]}), sales(1, [1]), sales(2, [2])
    lake.write_run("jr_1", {"regions": regions, "sales": pa.concat_tables([january, february])})
    hook.publish("jr_1", TABLES)
    return lake


@pytest.fixture
def load(run, lake, warehouse, monkeypatch):
    """`load()` does what a task of a DAG does."""
    monkeypatch.setattr("lakehouse_aws.redshift.load.POLL_SECONDS", 0.1)

    def to_redshift(scripts=SCRIPTS, **options):
        macros = {"redshift_iam_role": "default"}
        with DAG("sales", template_searchpath=str(DAGS_FOLDER), user_defined_macros=macros, schedule=None):
            operator = RedshiftLoadOperator(
                task_id="load",
                tables=TABLES,
                preparation=PREPARATION,
                scripts=scripts,
                bucket=lake.bucket,
                glue_database=lake.database,
                database=warehouse.place["Database"],
                workgroup_name=warehouse.place["WorkgroupName"],
                poll_interval=0.1,
                **options,
            )
        return run(operator)

    return to_redshift


def sales(month, amounts, **columns):
    content = pa.table({"amount": pa.array(amounts, pa.int64()), **columns})
    for name, value in {"year": 2026, "month": month}.items():
        content = content.append_column(name, pa.array([value] * len(amounts), pa.int32()))
    return content


def write_month(lake, month, amounts):
    of_month = And(EqualTo("year", 2026), EqualTo("month", month))
    lake.table("sales").overwrite(sales(month, amounts), overwrite_filter=of_month)


def in_redshift(warehouse):
    return [amount for [amount] in warehouse.rows("SELECT amount FROM analytics.sales ORDER BY amount")]


def held(warehouse):
    return dict(warehouse.rows("SELECT table_name, snapshot_id FROM analytics.table_versions"))


def mains(lake, tables=TABLES):
    return {name: lake.table(name).current_snapshot().snapshot_id for name in tables}


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


def test_a_load_that_fails_leaves_the_version_with_the_rows(load, lake, warehouse):
    load()
    before = held(warehouse)
    write_month(lake, 2, [20])
    lake.s3.put_object(Bucket=lake.bucket, Key=copied_key(lake, 2), Body=b"no Parquet")

    with pytest.raises(AirflowException, match="nothing was changed"):
        load()

    assert in_redshift(warehouse) == [1, 2]
    assert held(warehouse) == before


def copied_key(lake, month):
    files = lake.table("sales").inspect.files().to_pylist()
    (path,) = [file["file_path"] for file in files if f"month={month}/" in file["file_path"]]
    return path.split("/", 3)[3]


def test_rows_that_delete_files_delete_are_not_loaded_again(load, lake, warehouse, run):
    write_month(lake, 3, [30, 31])
    load()
    delete = AthenaQueryOperator(
        task_id="delete",
        query="DELETE FROM sales WHERE amount = 31",
        database=lake.database,
        output_location=f"s3://{lake.bucket}/results/",
        sleep_time=0.1,
    )
    run(delete)

    with pytest.raises(LakeError, match="sales has 1 delete files in what Redshift is to load"):
        load()

    assert in_redshift(warehouse) == [1, 2, 30, 31]


def test_a_column_added_at_the_end_is_null_in_rows_of_before(load, lake, warehouse):
    load()
    with lake.table("sales").update_schema() as update:
        update.add_column("currency", StringType())
    load()
    lake.table("sales").append(sales(3, [30]).append_column("currency", pa.array(["EUR"])))
    with pytest.raises(AirflowException, match="Unmatched number of columns between table and file"):
        load()

    warehouse.run("ALTER TABLE analytics.sales ADD COLUMN currency VARCHAR(3)")
    load()

    rows = warehouse.rows("SELECT amount, month, currency FROM analytics.sales ORDER BY amount")
    assert rows == [[1, 1, None], [2, 2, None], [30, 3, "EUR"]]


def test_files_whose_columns_have_another_place_are_not_loaded_by_position(load, lake, warehouse):
    load()
    with lake.table("sales").update_schema() as update:
        update.move_first("month")
    write_month(lake, 3, [30])

    with pytest.raises(LakeError, match="2 files of sales have other columns, or the same in another order"):
        load()

    lake.table("sales").overwrite(lake.rows("sales"))
    warehouse.run("DROP TABLE analytics.sales")
    warehouse.run("CREATE TABLE analytics.sales (month INTEGER, amount BIGINT, year INTEGER)")
    load()
    assert in_redshift(warehouse) == [1, 2, 30]


def test_tables_of_two_versions_are_not_loaded(load, lake, warehouse):
    with lake.table("sales").transaction() as transaction:
        transaction.set_properties({PUBLISHED_PROPERTY: "published_jr_2"})

    with pytest.raises(AirflowException, match="regions is at published_jr_1, sales is on its way to published_jr_2"):
        load()


def test_no_moment_of_a_rollback_is_planned_to_be_loaded(lake):
    """To another line of versions the facts go back to what both were built on before the dimensions move."""
    hook = PublicationHook(bucket=lake.bucket, database=lake.database)
    versions = [mains(lake)]
    for number in (2, 3):
        regions = pa.table({"region": [str(number)]})
        lake.write_run(f"jr_{number}", {"regions": regions, "sales": sales(number, [number])})
        hook.publish(f"jr_{number}", TABLES)
        versions.append(mains(lake))
        if number == 2:
            hook.rollback("published_jr_1", ["regions"], ["sales"])
    planned, refused = [], []

    def plan(**_response):
        try:
            loads = CopyPlanHook(bucket=lake.bucket, database=lake.database).plan(TABLES, {})
            planned.append({name: load.snapshot_id for name, load in loads.items()})
        except AirflowException as refusal:
            refused.append(str(refusal))

    hook.catalog.glue.meta.events.register("after-call.glue.UpdateTable", plan)
    hook.rollback("published_jr_2", ["regions"], ["sales"])

    assert planned == [versions[1]]
    assert len(refused) == 2
    assert "regions is at published_jr_2, sales is on its way to published_jr_2" in refused[1]


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
