"""Statements that show the catalog, in the layout in which Athena prints them."""

import re
from collections.abc import Callable

from local_aws.athena.catalog.tables import Column, Table
from local_aws.athena.catalog.views import decode_view
from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.preparation import prepare
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.statements.names import (
    HIVE_NAME,
    PARTITION_SPEC,
    existing_table,
    hive_table,
    split_name,
    unquoted,
)
from local_aws.athena.statements.parsing import Statement, parse_query
from local_aws.athena.statements.partitions import existing_partition

_WIDTH = 20
_SHOW = re.compile(r"SHOW\s+(?:TABLES|VIEWS)(?:\s+(?:IN|FROM)\s+(\S+))?(?:\s+(?:LIKE\s+)?'([^']*)')?$", re.I)
_SHOW_DATABASES = re.compile(r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+LIKE\s+'([^']*)')?$", re.I)
_SHOW_COLUMNS = re.compile(r"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+(\S+)(?:\s+(?:IN|FROM)\s+(\S+))?$", re.I)
_SHOW_TBLPROPERTIES = re.compile(r"SHOW\s+TBLPROPERTIES\s+([^\s(]+)\s*(?:\(\s*(?:'([^']+)'|\"([^\"]+)\")\s*\))?$", re.I)
_DESCRIBE = re.compile(
    rf"DESC(?:RIBE)?\s+(?:(EXTENDED|FORMATTED)\s+)?({HIVE_NAME})(?:\s+{PARTITION_SPEC})?(?:\s+({HIVE_NAME}))?$", re.I
)
_UNDESCRIBED = re.compile(r"DESC(?:RIBE)?\s+(DATABASE|SCHEMA|FUNCTION|INPUT|OUTPUT)\s+\S", re.I)
_LAST_NAME = re.compile(r"(\S+)$")


def _matched(pattern: re.Pattern[str], statement: Statement) -> re.Match[str]:
    match = pattern.match(statement.text)
    if match is None:
        raise QueryError(f"SYNTAX_ERROR: line 1:1: mismatched input in '{statement.text}'")
    return match


def _filtered(names: list[str], pattern: str | None) -> list[str]:
    """Names that match the pattern: `*` and `.*` are any text, `|` means or.

    Source: Athena user guide, "SHOW TABLES" and "SHOW DATABASES".
    """
    if not pattern:
        return names
    expression = "|".join(".*".join(map(re.escape, re.split(r"\.?\*", choice))) for choice in pattern.split("|"))
    return [name for name in names if re.fullmatch(expression, name, re.IGNORECASE)]


def _tables(session: Session, statement: Statement, is_views_only: bool) -> list[str]:
    database, pattern = _matched(_SHOW, statement).groups()
    name = unquoted(database) if database else session.database
    if not session.catalog.has_database(name):
        raise QueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}")
    tables = session.catalog.tables(name)
    return _filtered([table.name for table in tables if table.is_view or not is_views_only], pattern)


def show_tables(session: Session, statement: Statement) -> list[str]:
    return _tables(session, statement, is_views_only=False)


def show_views(session: Session, statement: Statement) -> list[str]:
    return _tables(session, statement, is_views_only=True)


def show_databases(session: Session, statement: Statement) -> list[str]:
    return _filtered(session.catalog.database_names(), _matched(_SHOW_DATABASES, statement)[1])


def show_columns(session: Session, statement: Statement) -> list[str]:
    name, database = _matched(_SHOW_COLUMNS, statement).groups()
    table = existing_table(session, f"{database}.{name}" if database else name)
    if table.is_iceberg:
        return deferred("statements.show", "column_names")(table)
    return [column.name.ljust(_WIDTH) for column in table.all_columns]


def show_partitions(session: Session, statement: Statement) -> list[str]:
    table = hive_table(session, _matched(re.compile(r"SHOW\s+PARTITIONS\s+(\S+)$", re.I), statement)[1])
    if not table.partition_keys:
        raise QueryError(f"FAILED: SemanticException [Error 10241]: Table {table.name} is not a partitioned table")
    names = [key.name for key in table.partition_keys]
    return [
        "/".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        for values, _ in sorted(session.catalog.partitions(table))
    ]


def describe(session: Session, statement: Statement) -> list[str]:
    """Three padded columns between tabs: name, type, comment; the partition columns once more below.

    Source: Athena user guide, "DESCRIBE": of a partition, or of one column, too; "Unsupported DDL": not of a database.
    """
    if refused := _UNDESCRIBED.match(statement.text):
        raise not_supported(f"The statement DESCRIBE {refused[1].upper()}")
    modifier, name, spec, column = _matched(_DESCRIBE, statement).groups()
    table = existing_table(session, name)
    if column:
        return _described_one(table, column)
    if table.is_iceberg:
        return deferred("statements.show", "describe")(table, (modifier or "").upper())
    if spec is not None:
        existing_partition(session, table, spec)
    return _describe_formatted(table) if modifier else _described(table)


def _described_one(table: Table, name: str) -> list[str]:
    wanted, _, part = name.partition(".")
    if part:
        raise not_supported("DESCRIBE of a part of a column")
    found = next((column for column in table.all_columns if column.name == unquoted(wanted)), None)
    if found is None:
        raise QueryError(f"FAILED: SemanticException [Error 10002]: Invalid column reference {wanted}")
    return [_described_column(found)]


def _described(table: Table) -> list[str]:
    lines = [_described_column(column) for column in table.all_columns]
    if table.partition_keys:
        header = "\t".join(f"{title:<{_WIDTH}}" for title in ("# col_name", "data_type", "comment"))
        keys = [_described_column(column) for column in table.partition_keys]
        lines += ["\t \t ", "# Partition Information\t \t ", header, "\t \t ", *keys]
    return lines


def _described_column(column: Column) -> str:
    return "\t".join(f"{text:<{_WIDTH}}" for text in (column.name, column.hive_type, column.comment))


def _describe_formatted(table: Table) -> list[str]:
    details = {
        "Database:": table.database,
        "Location:": table.location,
        "Table Type:": table.table_type,
        "SerDe Library:": table.serde,
        **table.parameters,
    }
    return [*_described(table), "", "# Detailed Table Information"] + [
        f"{name:<{_WIDTH}}\t{value}" for name, value in details.items()
    ]


def show_create_table(session: Session, statement: Statement) -> list[str]:
    name = _LAST_NAME.search(statement.text)[1]
    table = existing_table(session, name)
    if table.is_view:
        raise QueryError(f"FAILED: SemanticException {table.name} is a view: use SHOW CREATE VIEW")
    if table.is_iceberg:
        return deferred("statements.show", "create_table")(table)
    shown = f"{table.database}.{table.name}" if "." in name else table.name
    lines = [f"CREATE EXTERNAL TABLE `{shown}`(", *_definitions(table.columns)]
    if table.partition_keys:
        lines += ["PARTITIONED BY ( ", *_definitions(table.partition_keys)]
    if table.bucket_columns:
        names = [f"  {name}" for name in table.bucket_columns]
        listed = [f"{name}, " for name in names[:-1]] + [f"{names[-1]}) "]
        lines += ["CLUSTERED BY ( ", *listed, f"INTO {table.bucket_count} BUCKETS"]
    lines += ["ROW FORMAT SERDE ", f"  '{table.serde}' "]
    if table.serde_parameters:
        lines += ["WITH SERDEPROPERTIES ( ", *_pairs(table.serde_parameters)]
    if table.input_format:
        lines += ["STORED AS INPUTFORMAT ", f"  '{table.input_format}' ", "OUTPUTFORMAT ", f"  '{table.output_format}'"]
    lines += ["LOCATION", f"  '{table.location}'"]
    return [*lines, "TBLPROPERTIES (", *_pairs(table.parameters)] if table.parameters else lines


def _definitions(columns: tuple[Column, ...]) -> list[str]:
    definitions = [
        f"  `{column.name}` {column.hive_type}" + (f" COMMENT '{column.comment}'" if column.comment else "")
        for column in columns
    ]
    return [f"{line}, " for line in definitions[:-1]] + [f"{definitions[-1]})"]


def _pairs(values: dict[str, str]) -> list[str]:
    lines = [f"  '{name}'='{_escaped(value)}'" for name, value in sorted(values.items())]
    return [f"{line}, " for line in lines[:-1]] + [f"{lines[-1]})"]


def _escaped(value: str) -> str:
    return value.replace("\t", r"\t").replace("\n", r"\n")


def show_table_properties(session: Session, statement: Statement) -> list[str]:
    """Names and values between tabs or, of the one property that is asked for, the value (user guide)."""
    name, *asked = _matched(_SHOW_TBLPROPERTIES, statement).groups()
    table = existing_table(session, name)
    properties = deferred("statements.show", "properties")(table) if table.is_iceberg else table.parameters
    wanted = asked[0] or asked[1]
    if wanted is None:
        return [f"{name}\t{value}" for name, value in sorted(properties.items())]
    return [properties.get(wanted, f"Table {table.database}.{table.name} does not have property: {wanted}")]


def show_create_view(session: Session, statement: Statement) -> list[str]:
    database, name = split_name(session, _LAST_NAME.search(statement.text)[1])
    table = existing_table(session, f"{database}.{name}")
    if not table.is_view:
        raise QueryError(f"FAILED: SemanticException {database}.{name} is not a view")
    return [f"CREATE VIEW {database}.{name} AS", *decode_view(table)["originalSql"].splitlines()]


_EXPLAIN = re.compile(r"EXPLAIN\s+(ANALYZE\b\s*)?(?:\(\s*((?:TYPE|FORMAT)\b[^()]*)\))?(.*)", re.I | re.S)
_EXPLAIN_OPTIONS = {"TYPE LOGICAL", "TYPE DISTRIBUTED", "TYPE VALIDATE", "FORMAT TEXT"}


def explain(session: Session, statement: Statement) -> list[str]:
    """The engine's own plan: DuckDB's, not Trino's. Source: Athena user guide, "EXPLAIN" and "EXPLAIN ANALYZE"."""
    analyze, listed, text = _EXPLAIN.match(statement.text).groups()
    options = {" ".join(option.split()).upper() for option in listed.split(",")} if listed else set()
    unknown = sorted(options - ({"FORMAT TEXT"} if analyze else _EXPLAIN_OPTIONS))
    if unknown:
        raise not_supported(f"EXPLAIN {'ANALYZE ' if analyze else ''}({unknown[0]})")
    prepared = prepare(session.engine, session.catalog, session.database, parse_query(text))
    if "TYPE VALIDATE" in options:
        return ["true"]
    session.admit(prepared)
    rows = session.connection.execute(f"EXPLAIN {analyze or ''} {prepared.sql}").fetchall()
    return [line.rstrip() for _, plan in rows for line in plan.splitlines()]


# The columns that a result is said to have, and its lines.
SHOW: dict[str, tuple[tuple[str, ...], Callable[[Session, Statement], list[str]]]] = {
    "SHOW_TABLES": (("tab_name",), show_tables),
    "SHOW_VIEWS": (("views",), show_views),
    "SHOW_DATABASES": (("database_name",), show_databases),
    "SHOW_COLUMNS": (("field",), show_columns),
    "SHOW_PARTITIONS": (("partition",), show_partitions),
    "SHOW_TBLPROPERTIES": (("prpt_name", "prpt_value"), show_table_properties),
    "SHOW_CREATE_TABLE": (("createtab_stmt",), show_create_table),
    "SHOW_CREATE_VIEW": (("Create View",), show_create_view),
    "DESCRIBE_TABLE": (("col_name", "data_type", "comment"), describe),
    "EXPLAIN": (("Query Plan",), explain),
}
