"""`information_schema`: the catalog's databases, tables, views and columns as tables.

Sources: Athena user guide, "Query the AWS Glue Data Catalog"; Trino's InformationSchemaTable for the columns, and for
those that only a query sees that names them.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from local_aws.athena.catalog.projection import static_values
from local_aws.athena.catalog.tables import CATALOG, Catalog, Column, Table
from local_aws.athena.catalog.views import decode_view
from local_aws.athena.queries.reads import Reads
from local_aws.athena.queries.relations import Relation
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.sql.types import trino_type

INFORMATION_SCHEMA = "information_schema"

Row = tuple[str | int | None, ...]
# The databases and, of them, the tables that are asked for; None stands for all.
Names = set[str] | None

_TABLES_ABOUT_ACCESS = {"table_privileges", "roles", "applicable_roles", "enabled_roles"}


@dataclass(frozen=True)
class _Definition:
    columns: tuple[str, ...]
    rows: Callable[[Catalog, Names, Names], Iterator[Row]]
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class InformationTable:
    """One table of the schema; `named`: the identifiers of the query, which may name hidden columns."""

    catalog: Catalog
    name: str
    named: frozenset[str]

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        definition = _TABLES[self.name]
        names = definition.columns + tuple(name for name in definition.hidden if name in self.named)
        return tuple(Column(name, "bigint" if name == "ordinal_position" else "string") for name in names)

    def relation(self, reads: Reads) -> Relation:
        """Rows of the databases and tables that the conditions ask for; there may be others among them."""
        definition = _TABLES[self.name]
        databases, tables = (
            static_values(Column(name, "string"), reads.conditions) for name in ("table_schema", "table_name")
        )
        rows = list(definition.rows(self.catalog, databases, tables))
        positions = {name: index for index, name in enumerate(definition.columns + definition.hidden)}
        values = {
            column.name: pa.array(
                [row[positions[column.name]] for row in rows],
                pa.int64() if column.hive_type == "bigint" else pa.string(),
            )
            for column in self.all_columns
        }
        return Relation(rows=pa.table(values))


def information_table(catalog: Catalog, name: str, named: frozenset[str]) -> InformationTable:
    """The table of this lower-case name; raises QueryError where there is none."""
    if name in _TABLES_ABOUT_ACCESS:
        raise not_supported(f"Reading '{INFORMATION_SCHEMA}.{name}'")
    if name not in _TABLES:
        raise QueryError(f"TABLE_NOT_FOUND: Table '{CATALOG}.{INFORMATION_SCHEMA}.{name}' does not exist")
    return InformationTable(catalog, name, named)


def _schemata(catalog: Catalog, *_: Names) -> Iterator[Row]:
    for name in sorted([*catalog.database_names(), INFORMATION_SCHEMA]):
        yield CATALOG, name


def _described(catalog: Catalog, databases: Names, tables: Names) -> Iterator[Table]:
    """The catalog's tables; of one that is asked for by its name only that is read."""
    for database in catalog.database_names() if databases is None else sorted(databases):
        if tables is None:
            yield from catalog.tables(database)
        else:
            yield from filter(None, (catalog.find_table(database, name) for name in sorted(tables)))


def _own_tables(databases: Names) -> Iterator[tuple[str, _Definition]]:
    if databases is None or INFORMATION_SCHEMA in databases:
        yield from _TABLES.items()


def _tables(catalog: Catalog, databases: Names, tables: Names) -> Iterator[Row]:
    for table in _described(catalog, databases, tables):
        kind = "VIEW" if table.is_view else "BASE TABLE"
        yield CATALOG, table.database, table.name, kind, table.parameters.get("comment")
    for name, _ in _own_tables(databases):
        yield CATALOG, INFORMATION_SCHEMA, name, "BASE TABLE", None


def _views(catalog: Catalog, databases: Names, tables: Names) -> Iterator[Row]:
    for table in _described(catalog, databases, tables):
        if table.is_view:
            yield CATALOG, table.database, table.name, decode_view(table)["originalSql"]


def _columns(catalog: Catalog, databases: Names, tables: Names) -> Iterator[Row]:
    for table in _described(catalog, databases, tables):
        place = CATALOG, table.database, table.name
        for position, (column, kind) in enumerate(_typed_columns(table), 1):
            comment = column.comment or None
            note = "partition key" if column in table.partition_keys else None
            yield *place, column.name, position, None, "YES", kind, comment, note, comment
    for name, definition in _own_tables(databases):
        for position, column_name in enumerate(definition.columns, 1):
            kind = "bigint" if column_name == "ordinal_position" else "varchar"
            yield CATALOG, INFORMATION_SCHEMA, name, column_name, position, None, "YES", kind, None, None, None


def _typed_columns(table: Table) -> Iterator[tuple[Column, str]]:
    """The columns with Trino's names of their types; those of types that Athena does not know are left out.

    Source: getRegularColumnHandles of Trino's HiveUtil ("ignore unsupported types rather than failing").
    """
    for column in table.all_columns:
        with suppress(QueryError):
            yield column, trino_type(column.hive_type, 6 if table.is_iceberg else 3)


_PLACE = ("table_catalog", "table_schema", "table_name")
_TABLES = {
    "schemata": _Definition(("catalog_name", "schema_name"), _schemata),
    "tables": _Definition((*_PLACE, "table_type"), _tables, ("table_comment",)),
    "views": _Definition((*_PLACE, "view_definition"), _views),
    "columns": _Definition(
        (*_PLACE, "column_name", "ordinal_position", "column_default", "is_nullable", "data_type"),
        _columns,
        ("comment", "extra_info", "column_comment"),
    ),
}
