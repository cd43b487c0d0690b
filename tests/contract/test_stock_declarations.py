"""What the declaration of stock_prices says is what Redshift copies."""

import re
from pathlib import Path

import sqlglot
from sqlglot import exp

from lakehouse_contract.tables import declared_table
from tests.contract.test_declared_everywhere import REDSHIFT, redshift_type

STAGING = re.compile(r"CREATE TEMP TABLE stock_prices_staging \(.*?\);", re.DOTALL)


def test_redshift_copies_stock_prices_into_the_declared_columns():
    """COPY of Parquet maps columns by position."""
    script = Path(REDSHIFT / "fact_stock_prices" / "load.sql").read_text()
    ddl = sqlglot.parse_one(STAGING.search(script)[0], dialect="redshift")
    copied = [(column.name, column.kind.sql()) for column in ddl.find_all(exp.ColumnDef)]
    declared = declared_table("stock_prices").columns
    assert copied == [(column.name, redshift_type(column.type, column.max_bytes)) for column in declared]
