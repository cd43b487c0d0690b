"""A statement's translation where the database has a say: which functions are the user's, which names are columns."""

from collections.abc import Mapping
from dataclasses import replace

import psycopg2

from local_aws.redshift_data.sql.dialect import Catalog, Operation, Statement, translate
from local_aws.redshift_data.statements.parameters import TextParameter
from local_aws.redshift_data.statements.session import Session

# What cannot be explained is tried and undone.
TRIED_STARTS = ("CREATE VIEW", "CREATE OR REPLACE VIEW", "EXPLAIN")
Parameters = Mapping[str, str | TextParameter] | None

SELECT_USER_FUNCTIONS = """
SELECT DISTINCT proname FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE proname = ANY (%s) AND nspname <> ALL (ARRAY['pg_catalog', 'information_schema', 'redshift_system'])
"""


def translated(session: Session, statement: str, parameters: Parameters) -> Operation:
    """What to run for a Redshift statement in this session; raises StatementError as `translate` does."""
    catalog = Catalog()
    operation = translate(statement, bool(parameters), catalog)
    if isinstance(operation, Statement) and operation.user_functions:
        missing = operation.user_functions - _existing(session, operation.user_functions)
        catalog = replace(catalog, missing_functions=missing)
        operation = translate(statement, bool(parameters), catalog)
    while isinstance(operation, Statement) and operation.lateral_aliases - catalog.lateral_aliases:
        name = _missing_column(session, operation.sql, parameters)
        if name not in operation.lateral_aliases - catalog.lateral_aliases:
            break
        catalog = replace(catalog, lateral_aliases=catalog.lateral_aliases | {name})
        operation = translate(statement, bool(parameters), catalog)
    return operation


def _existing(session: Session, names: frozenset[str]) -> set[str]:
    with session.cursor() as cursor:
        cursor.execute(SELECT_USER_FUNCTIONS, (sorted(names),))
        return {name for (name,) in cursor.fetchall()}


def _missing_column(session: Session, statement: str, parameters: Parameters) -> str | None:
    """The column that PostgreSQL does not find; None when it finds all."""
    with session.cursor() as cursor:
        cursor.execute("SAVEPOINT lateral_aliases")
        try:
            is_tried = statement.startswith(TRIED_STARTS)
            cursor.execute(statement if is_tried else f"EXPLAIN {statement}", parameters)
        except psycopg2.errors.UndefinedColumn as error:
            return _named_column(error)
        except psycopg2.Error:
            return None
        finally:
            cursor.execute("ROLLBACK TO SAVEPOINT lateral_aliases")
        return None


def _named_column(error: psycopg2.Error) -> str | None:
    """`column "x" does not exist`"""
    parts = (error.diag.message_primary or "").split('"')
    return parts[1] if len(parts) == 3 else None
