"""What the declarations say is what Athena's and Redshift's DDL and the data dictionary say."""

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from docs.generate_data_dictionary import DATA_DICTIONARY_MD, data_dictionary_md
from lakehouse_contract.tables import declared_table, declared_tables

REPOSITORY = Path(__file__).parents[2]
REDSHIFT = REPOSITORY / "sql/redshift"
IN_REDSHIFT = [table.name for table in declared_tables() if (REDSHIFT / table.name / "create_table.sql").is_file()]
REDSHIFT_TYPES = {
    "bigint": "BIGINT",
    "int": "INT",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "double": "DOUBLE",
    "timestamp": "TIMESTAMP",
    "decimal(18,2)": "DECIMAL(18, 2)",
    "decimal(18,6)": "DECIMAL(18, 6)",
    "decimal(20,8)": "DECIMAL(20, 8)",
    "decimal(38,2)": "DECIMAL(38, 2)",
    "decimal(38,6)": "DECIMAL(38, 6)",
}


def test_the_star_schema_is_declared_and_in_redshift():
    assert {"dim_customers", "dim_accounts", "dim_dates", "fact_transactions", "rejects"} <= set(IN_REDSHIFT)


@pytest.mark.parametrize("table", IN_REDSHIFT)
def test_redshift_has_the_declared_columns(table):
    """COPY of Parquet maps columns by position, so their order counts."""
    declared = [
        (column.name, redshift_type(column.type, column.max_bytes), column.is_required)
        for column in declared_table(table).columns
    ]
    assert redshift_columns((REDSHIFT / table / "create_table.sql").read_text()) == declared


def redshift_columns(ddl: str) -> list[tuple[str, str, bool]]:
    """Name, type and whether it is never NULL, of each column that the statement creates."""
    return [
        (column.name, column.kind.sql(), column.find(exp.NotNullColumnConstraint) is not None)
        for column in sqlglot.parse_one(ddl, dialect="redshift").find_all(exp.ColumnDef)
    ]


def redshift_type(declared: str, max_bytes: int | None) -> str:
    return f"{REDSHIFT_TYPES[declared]}({max_bytes})" if max_bytes else REDSHIFT_TYPES[declared]


def test_a_text_that_comes_as_it_is_has_one_width_wherever_it_is_stored():
    widths: dict[str, set[int | None]] = {}
    for table in declared_tables():
        for column in (*table.columns, *table.fields):
            if column.type == "string" and column.max_bytes:
                widths.setdefault(column.name, set()).add(column.max_bytes)
    assert {name: found for name, found in widths.items() if len(found) > 1} == {}


def test_a_raw_table_says_of_every_column_what_becomes_of_it():
    sources = [table for table in declared_tables() if table.is_source]
    assert {table.name for table in sources} >= {"customers", "accounts", "transactions", "transaction_events"}
    assert all(column.pii for table in sources for column in (*table.columns, *table.fields))


def test_the_data_dictionary_is_what_make_docs_writes():
    assert DATA_DICTIONARY_MD.read_text() == data_dictionary_md(), "run `make docs`"
