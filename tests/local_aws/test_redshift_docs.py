"""The page of Redshift's functions and statements, and whether what it says of them is so."""

from collections.abc import Callable

import pytest

from docs.generate_redshift_md import REDSHIFT_MD, redshift_md
from local_aws.redshift_data.sql.calls import CALLS
from local_aws.redshift_data.sql.functions import GROUPS
from local_aws.redshift_data.sql.statements import POSTGRESQL, REFUSED, WORKING
from tests.local_aws.redshift_warehouse import Warehouse, create_warehouse

# What is a part of the grammar, in PostgreSQL too.
SYNTAX = {
    "cast", "coalesce", "convert", "current_date", "current_schema", "current_timestamp", "current_user",
    "current_user_id", "decode", "extract", "greatest", "least", "localtime", "localtimestamp", "nullif", "position",
    "ratio_to_report", "session_user", "substring", "sysdate", "trim", "user",
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(aws: Callable) -> Warehouse:
    return create_warehouse(aws, "documented")


def test_the_page_is_what_make_docs_writes() -> None:
    assert REDSHIFT_MD.read_text() == redshift_md(), "run `make docs`"


def test_a_name_has_one_state() -> None:
    functions = [
        name for group in GROUPS for names in (group.works, group.leader_node, group.refused) for name in names
    ]
    assert len(functions) == len(set(functions)) > 200
    statements = [*WORKING, *REFUSED, *POSTGRESQL]
    assert len(statements) == len(set(statements)) > 100


def test_each_function_that_works_is_there(warehouse: Warehouse) -> None:
    present = {name for (name,) in warehouse.rows("SELECT DISTINCT proname FROM pg_proc")}
    promised = {name for group in GROUPS for name in (*group.works, *group.leader_node)}
    assert promised - present - SYNTAX - set(CALLS) == set()


@pytest.mark.parametrize(
    "query",
    [
        'SELECT "table", tbl_rows, size, diststyle FROM svv_table_info WHERE "schema" = \'public\'',
        "SELECT column_name, data_type, character_maximum_length FROM svv_columns WHERE table_name = 'seen'",
        'SELECT "column", type, encoding, distkey, sortkey, "notnull" FROM pg_table_def WHERE tablename = \'seen\'',
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'seen'",
        "SELECT role_name FROM svv_roles WHERE role_name IN ('readers', 'others')",
    ],
)
def test_system_views_answer(warehouse: Warehouse, query: str) -> None:
    warehouse.run("CREATE TABLE IF NOT EXISTS seen (name VARCHAR(7) NOT NULL)")
    if not warehouse.rows("SELECT role_name FROM svv_roles WHERE role_name = 'readers'"):
        warehouse.run("CREATE ROLE readers")
    assert len(warehouse.rows(query)) == 1
