"""What Redshift cannot take is not loaded, and what it held stays."""

import pyarrow as pa
import pytest
from airflow.sdk.exceptions import AirflowException
from lakehouse_aws.athena.query import AthenaQueryOperator
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.redshift.copy_plan import CopyPlanHook
from pyiceberg.types import StringType

from lakehouse_contract.branches import PUBLISHED_PROPERTY
from tests.plugins.redshift_load.published_sales import TABLES, held, in_redshift, mains, sales, write_month


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
