"""Binds the tables that a statement names to the catalog; views are put in place of their names."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import duckdb
import sqlglot
from sqlglot import exp

from local_aws.athena.catalog.tables import CATALOG, Catalog, Table
from local_aws.athena.catalog.views import decode_view
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.information_schema import INFORMATION_SCHEMA, information_table
from local_aws.athena.queries.partition_listing import PartitionListing
from local_aws.athena.queries.reads import Source
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.sql.parser import AthenaSQL

MAX_VIEW_DEPTH = 20


@dataclass
class Resolver:
    """Renames every table of a statement to a scan name (`scan_0`, …) of its own and remembers which table it is.

    `planner` evaluates constants. `tables` are those found so far: a statement sees each as it was at one moment.
    """

    catalog: Catalog
    database: str
    planner: duckdb.DuckDBPyConnection
    scans: dict[str, Source] = field(default_factory=dict)
    tables: dict[tuple[str, str], Table] = field(default_factory=dict)

    def resolve(self, statement: exp.Expression, depth: int = 0) -> exp.Expression:
        """The statement with scan names; raises QueryError for what the catalog does not have."""
        holder = exp.Paren(this=statement)
        for column in holder.find_all(exp.Column):
            _drop_qualifiers(column)
        for node in list(holder.find_all(exp.Table)):
            if isinstance(node.this, exp.Identifier) and not _is_common_table(node):
                self._bind(node, depth)
        return holder.this

    def _bind(self, node: exp.Table, depth: int) -> None:
        pointer = node.args.pop("version", None)
        if (node.db or self.database).lower() == INFORMATION_SCHEMA:
            named = frozenset(identifier.name.lower() for identifier in node.root().find_all(exp.Identifier))
            self._scan(node, information_table(self.catalog, node.name.lower(), named))
            return
        base_name, _, metadata_name = node.name.partition("$")
        table = self.table(node, base_name.lower(), metadata_name)
        alias = node.alias or node.name
        if table.is_view and pointer is None:
            if depth == MAX_VIEW_DEPTH:
                raise QueryError(f"VIEW_IS_RECURSIVE: View '{table.database}.{table.name}' is nested too deeply")
            view = decode_view(table)
            inner = replace(self, database=view["schema"])
            query = inner.resolve(sqlglot.parse_one(view["originalSql"], read=AthenaSQL), depth + 1)
            subquery = exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(alias)))
            _move_modifiers(node, subquery)
            node.replace(subquery)
            return
        self._scan(node, self._source(table, pointer, metadata_name))

    def _scan(self, node: exp.Table, source: Source) -> None:
        scan = f"scan_{len(self.scans)}"
        self.scans[scan] = source
        if not node.alias:
            node.set("alias", exp.TableAlias(this=node.this.copy()))
        for part, value in (("this", exp.to_identifier(scan)), ("db", None), ("catalog", None)):
            node.set(part, value)

    def _source(self, table: Table, pointer: exp.Version | None, metadata_name: str) -> Source:
        if not table.is_iceberg:
            if pointer is not None:
                raise QueryError("NOT_SUPPORTED: This connector does not support versioned tables")
            return PartitionListing(self.catalog, table) if metadata_name else table
        return deferred("sources", "iceberg_source")(table, pointer, metadata_name, self.planner)

    def table(self, node: exp.Table, name: str, metadata_name: str) -> Table:
        """The table or view that a name stands for, without what follows a `$` in it."""
        if node.catalog and node.catalog.lower() != CATALOG:
            raise not_supported(f"The catalog '{node.catalog}'")
        database = (node.db or self.database).lower()
        position = _position(node)
        missing = QueryError(
            f"TABLE_NOT_FOUND: {position}Table '{CATALOG}.{database}.{node.name.lower()}' does not exist"
        )
        if not self.catalog.has_database(database):
            raise QueryError(f"SCHEMA_NOT_FOUND: {position}Schema '{database}' does not exist")
        if (database, name) not in self.tables:
            found = self.catalog.find_table(database, name)
            if found is None:
                raise missing
            self.tables[database, name] = found
        table = self.tables[database, name]
        is_listed = metadata_name == "partitions" and table.partition_keys
        if metadata_name and not table.is_iceberg and not is_listed:
            raise missing
        return table


def _position(node: exp.Table) -> str:
    meta = (node.args.get("catalog") or node.args.get("db") or node.this).meta
    return f"line {meta['line']}:{meta['col'] - (meta['end'] - meta['start'])}: " if "line" in meta else ""


def _drop_qualifiers(column: exp.Column) -> None:
    column.set("db", None)
    column.set("catalog", None)


def _move_modifiers(node: exp.Table, subquery: exp.Subquery) -> None:
    alias_columns = node.args["alias"].columns if node.args.get("alias") else []
    if alias_columns:
        subquery.args["alias"].set("columns", [column.copy() for column in alias_columns])
    for part in ("joins", "sample"):
        if node.args.get(part):
            subquery.set(part, node.args[part])


def _is_common_table(node: exp.Table) -> bool:
    return not node.db and any(node.name.lower() == cte.alias.lower() for cte in _visible_ctes(node))


def _visible_ctes(node: exp.Expression) -> Iterator[exp.CTE]:
    """CTEs that a table name may stand for: those of the enclosing queries, up to the one it is part of."""
    child, parent = node, node.parent
    while parent is not None:
        if isinstance(parent, exp.With):
            for cte in parent.expressions:
                if cte is child and not parent.recursive:
                    break
                yield cte
                if cte is child:
                    break
        elif (with_ := parent.args.get("with_")) is not None and with_ is not child:
            yield from with_.expressions
        child, parent = parent, parent.parent
