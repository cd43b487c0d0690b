"""A query made ready to run: tables bound, types known, partitions chosen, files found, SQL in DuckDB's dialect."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from local_aws.athena.analysis import queries
from local_aws.athena.analysis.scope import Scope
from local_aws.athena.analysis.types import BIGINT, VARCHAR, Type, catalog_type, duckdb_type
from local_aws.athena.catalog.partitions import select_partitions
from local_aws.athena.catalog.tables import Catalog, Table
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.engine import QueryEngine
from local_aws.athena.queries.information_schema import InformationTable
from local_aws.athena.queries.partition_listing import PartitionListing
from local_aws.athena.queries.reads import (
    HIDDEN_COLUMNS,
    PATH_COLUMN,
    ROW_POSITION_COLUMN,
    Reads,
    Source,
    find_reads,
)
from local_aws.athena.queries.relations import Relation, table_relation
from local_aws.athena.queries.resolve import Resolver
from local_aws.athena.sql.errors import engine_error
from local_aws.athena.sql.quoting import quoted

Columns = tuple[tuple[str, duckdb.sqltypes.DuckDBPyType], ...]


@dataclass(frozen=True)
class PreparedQuery:
    """DuckDB SQL over the connection's views, its columns as (name, DuckDB type), and the bytes it reads.

    `types`: Trino's type of each column.
    """

    sql: str
    columns: Columns
    scanned_bytes: int
    types: tuple[Type, ...]


def prepare(
    engine: QueryEngine, catalog: Catalog, database: str, query: exp.Expression, is_writing: bool = False
) -> PreparedQuery:
    """Open the engine for the query's tables and bind it there; raises QueryError for what is wrong with it."""
    try:
        return _prepare(engine, catalog, database, query, is_writing)
    except duckdb.Error as error:
        raise engine_error(error) from error


def _prepare(
    engine: QueryEngine, catalog: Catalog, database: str, query: exp.Expression, is_writing: bool
) -> PreparedQuery:
    resolver = Resolver(catalog, database, engine.planner)
    statement = resolver.resolve(query.copy())
    translated = queries.Translation(_sources(resolver.scans)).query(statement, Scope())
    hidden = {identifier.name for identifier in statement.find_all(exp.Identifier)} & HIDDEN_COLUMNS
    reads = find_reads(statement, resolver.scans)
    relations = {
        scan: _relation(engine, catalog, source, reads[scan], hidden) for scan, source in resolver.scans.items()
    }
    connection = engine.open(frozenset().union(*(relation.places for relation in relations.values())), is_writing)
    for scan, relation in relations.items():
        if relation.rows is not None:
            connection.register(scan, relation.rows)
        else:
            connection.execute(f"CREATE TEMP VIEW {quoted(scan)} AS {relation.sql}")
    sql, kinds = _bound(connection, translated)
    return PreparedQuery(
        sql,
        tuple(zip(translated.labels, kinds, strict=True)),
        sum(relation.scanned_bytes for relation in relations.values()),
        tuple(translated.types),
    )


def _sources(scans: Mapping[str, Source]) -> dict[str, queries.SourceColumns]:
    return {
        scan: [(column.name, catalog_type(column.hive_type), False) for column in source.all_columns]
        + _hidden_columns(source)
        for scan, source in scans.items()
    }


def _hidden_columns(source: Source) -> queries.SourceColumns:
    """Of tables of files the path; of Iceberg's, for statements that change rows, the row's position too."""
    if isinstance(source, InformationTable | PartitionListing):
        return []
    path = (PATH_COLUMN, VARCHAR, True)
    return [path] if isinstance(source, Table) else [path, (ROW_POSITION_COLUMN, BIGINT, True)]


def _relation(engine: QueryEngine, catalog: Catalog, source: Source, reads: Reads, hidden: set[str]) -> Relation:
    if isinstance(source, InformationTable | PartitionListing):
        return source.relation(reads)
    if not isinstance(source, Table):
        return deferred("sources", "relation")(source, reads, hidden, engine.planner)
    partitions = select_partitions(engine.planner, catalog, source, reads.conditions)
    return table_relation(source, partitions, reads.columns, PATH_COLUMN in hidden, reads.conditions)


def _bound(
    connection: duckdb.DuckDBPyConnection, query: queries.Query
) -> tuple[str, list[duckdb.sqltypes.DuckDBPyType]]:
    """The query with columns of exactly the types that hold those of its own, and these; it is bound, not run."""
    described = [duckdb.type(kind) for _, kind, *_ in connection.execute(f"DESCRIBE {query.sql}").fetchall()]
    wanted = [_held(kind, given) for kind, given in zip(query.types, described, strict=True)]
    if wanted == described:
        return query.sql, described
    selected = ", ".join(
        f"c{place}" if kind == given else f"CAST(c{place} AS {kind}) AS c{place}"
        for place, (kind, given) in enumerate(zip(wanted, described, strict=True))
    )
    return f"SELECT {selected} FROM ({query.sql})", wanted  # noqa: S608 - made of translated parts


def _held(kind: Type, given: duckdb.sqltypes.DuckDBPyType) -> duckdb.sqltypes.DuckDBPyType:
    held = duckdb_type(kind)
    is_known = held is not None and not any(part.name == "unknown" for part in kind.parts)
    return duckdb.type(held) if is_known else given
