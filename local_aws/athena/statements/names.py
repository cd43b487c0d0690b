"""Names in the statements that are read as text: SHOW, ALTER, MSCK, DESCRIBE."""

import re

from sqlglot import exp

from local_aws.athena.catalog.tables import CATALOG, Table
from local_aws.athena.executions.session import Session
from local_aws.athena.sql.errors import QueryError

# Of a database or a table, with those before it: a word, or anything in backticks.
HIVE_NAME = r"(?:`[^`]+`|\w+)(?:\.(?:`[^`]+`|\w+))*"
# Its group is what stands in the brackets. A quote written twice is read as two texts side by side and in no other way:
# a search that fails tries all ways, and two of them at each pair would be too many.
PARTITION_SPEC = r"PARTITION\s*\(((?:[^)']|'[^']*')*)\)"

# In single or double quotes.
TEXT = r"(?:'(?:[^']|'')*'|\"[^\"]*\")"
_PROPERTY = re.compile(rf"\s*({TEXT})\s*=\s*({TEXT})\s*(?:,|$)")
_PAIR = re.compile(r"\s*[`\"]?(\w+)[`\"]?\s*=\s*('(?:[^']|'')*'|\"[^\"]*\"|[^,\s)]+)\s*(?:,|$)")


def unquoted(name: str) -> str:
    return name.strip().strip('`"').lower()


def split_name(session: Session, name: str) -> tuple[str, str]:
    """Database and table of `table`, `db.table` or `"awsdatacatalog"."db"."table"`."""
    parts = [unquoted(part) for part in name.split(".")]
    if parts[0] == CATALOG:
        parts = parts[1:]
    return (parts[-2] if len(parts) > 1 else session.database), parts[-1]


def table_name(session: Session, node: exp.Table) -> tuple[str, str]:
    return (node.db or session.database).lower(), node.name.lower()


def written_table(session: Session, node: exp.Table) -> Table:
    """The table that INSERT, UPDATE, DELETE or MERGE names."""
    database, name = table_name(session, node)
    found = session.catalog.find_table(database, name)
    if found is None:
        raise table_not_found(database, name)
    return found


def table_not_found(database: str, name: str) -> QueryError:
    return QueryError(f"TABLE_NOT_FOUND: line 1:1: Table '{CATALOG}.{database}.{name}' does not exist")


def existing_table(session: Session, name: str) -> Table:
    database, table = split_name(session, name)
    found = session.catalog.find_table(database, table)
    if found is None:
        raise QueryError(f"FAILED: SemanticException [Error 10001]: Table not found {database}.{table}")
    return found


def hive_table(session: Session, name: str) -> Table:
    """A table whose partitions the catalog holds, which it does not for Iceberg tables.

    Source: Athena user guide, "Perform other DDL operations on Iceberg tables".
    """
    table = existing_table(session, name)
    if table.is_iceberg:
        raise QueryError("Query type not supported by Athena Iceberg at this time")
    return table


def partition_pairs(text: str) -> dict[str, str]:
    """`year=2024, day='01'` as a dictionary of texts."""
    pairs = {name.lower(): text_value(value) if value[0] in "'\"" else value for name, value in _PAIR.findall(text)}
    if not pairs or _PAIR.sub("", text).strip():
        raise QueryError(f"SYNTAX_ERROR: ({text}) is not a partition: write (column = value, …)")
    return pairs


def properties(text: str, clause: str) -> dict[str, str]:
    """`'a' = 'b', 'c' = 'd'` of TBLPROPERTIES or DBPROPERTIES as a dictionary."""
    given = {text_value(name): text_value(value) for name, value in _PROPERTY.findall(text)}
    if not given or _PROPERTY.sub("", text).strip():
        raise QueryError(
            f"SYNTAX_ERROR: line 1:1: mismatched input in '({text})': write {clause} ('name' = 'value', …)"
        )
    return given


def text_value(literal: str) -> str:
    """The text that stands in single or double quotes."""
    return literal[1:-1].replace("''", "'") if literal.startswith("'") else literal[1:-1]
