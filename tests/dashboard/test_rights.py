"""What the dashboard's function may read is what its queries ask for: the tables behind their views, and no others."""

import re
from collections.abc import Iterator

import sqlglot
from dashboard_api.queries import QUERIES, AthenaQuery
from sqlglot import exp

from stack.settings import REPOSITORY

SQL = REPOSITORY / "sql" / "athena"
# Tables whose files do not lie in the folder of their name.
FOLDERS = {"audit_reconciliation": "audit/reconciliation", "stock_csv_files": "processed/stocks"}


def tables_of(sql: str) -> Iterator[str]:
    """The tables that a question reads, in the place of a view those of the view."""
    parsed = sqlglot.parse_one(sql, dialect="athena")
    query = parsed.expression if isinstance(parsed, exp.Create) else parsed
    own_names = {cte.alias for cte in query.find_all(exp.CTE)}
    for name in {table.name for table in query.find_all(exp.Table)} - own_names:
        view = SQL / name / "create_view.sql"
        yield from tables_of(view.read_text()) if view.exists() else [name]


def test_the_function_may_read_the_tables_of_its_queries_and_no_others():
    queries = [query for query in QUERIES.values() if isinstance(query, AthenaQuery)]
    asked = {table for query in queries for table in tables_of((SQL / query.sql).read_text())}
    template = (REPOSITORY / "infra" / "dashboard.yaml").read_text()
    statement = template.partition("Sid: ReadPublishedTables")[2].partition("Sid:")[0]
    allowed = set(re.findall(r"\$\{LakeBucket\}/([\w/]+)/\*", statement))
    assert allowed == {FOLDERS.get(table, f"analytics/{table}") for table in asked}
