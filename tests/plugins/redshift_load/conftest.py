"""A published lake of two tables, a warehouse that has them, and the load from one to the other."""

from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest
from airflow.sdk import DAG
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.redshift.load import RedshiftLoadOperator

from tests.local_aws.redshift_warehouse import create_warehouse
from tests.plugins.redshift_load.published_sales import PREPARATION, SCRIPTS, TABLES, sales

DAGS_FOLDER = Path(__file__).parents[3] / "dags"
DDL = {
    "regions": "CREATE TABLE analytics.regions (region VARCHAR(16))",
    "sales": "CREATE TABLE analytics.sales (amount BIGINT, year INTEGER, month INTEGER)",
}


@pytest.fixture(scope="session")
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
def load(run, lake, warehouse):
    """`load()` does what a task of a DAG does."""

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
