"""Sales by month and their regions, in the lake and in Redshift: what the tests of loads share."""

import pyarrow as pa
from pyiceberg.expressions import And, EqualTo

VERSIONS = "sql/redshift/table_versions"
PREPARATION = ["sql/redshift/create_schema.sql", f"{VERSIONS}/create_table.sql", f"{VERSIONS}/select.sql"]
SCRIPTS = [f"{VERSIONS}/expect_held.sql", "sql/redshift/replace_changed_partitions.sql", f"{VERSIONS}/write.sql"]
TABLES = ["regions", "sales"]


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
