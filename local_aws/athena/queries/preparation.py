"""A query made ready to run: tables bound, partitions chosen, files known, SQL in DuckDB's dialect."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from local_aws.athena.catalog.partitions import select_partitions
from local_aws.athena.catalog.tables import Catalog, Table
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.analysis import HIDDEN_COLUMNS, PATH_COLUMN, Analysis, Reads, Source, analyze
from local_aws.athena.queries.engine import QueryEngine
from local_aws.athena.queries.information_schema import InformationTable
from local_aws.athena.queries.partition_listing import PartitionListing
from local_aws.athena.queries.relations import Relation, table_relation
from local_aws.athena.queries.resolve import Resolver
from local_aws.athena.sql.dialect import to_duckdb
from local_aws.athena.sql.errors import engine_error
from local_aws.athena.sql.quoting import quoted
from local_aws.athena.sql.types import fraction_digits

_WIDER_THAN_BIGINT = {"hugeint", "uhugeint", "ubigint", "uinteger"}

Columns = tuple[tuple[str, duckdb.sqltypes.DuckDBPyType], ...]


@dataclass(frozen=True)
class PreparedQuery:
    """DuckDB SQL over the connection's views, its columns as (name, DuckDB type), and the bytes it reads.

    `types`: what Athena's type of each column is, None where the analysis does not tell.
    """

    sql: str
    columns: Columns
    scanned_bytes: int
    types: tuple[exp.DataType | None, ...]

    @property
    def fraction_digits(self) -> tuple[int, ...]:
        """How many digits of seconds Athena prints, per column."""
        return tuple(map(fraction_digits, self.types))


def prepare(
    engine: QueryEngine, catalog: Catalog, database: str, query: exp.Expression, is_writing: bool = False
) -> PreparedQuery:
    """Open the engine for the query's tables and bind it there; raises QueryError for what is wrong with it."""
    try:
        return _prepare(engine, catalog, database, query, is_writing)
    except duckdb.Error as error:
        raise engine_error(error, query) from error


def _prepare(
    engine: QueryEngine, catalog: Catalog, database: str, query: exp.Expression, is_writing: bool
) -> PreparedQuery:
    resolver = Resolver(catalog, database, engine.planner)
    statement = resolver.resolve(query.copy())
    _name_columns(statement)
    hidden = {identifier.name for identifier in statement.find_all(exp.Identifier)} & HIDDEN_COLUMNS
    analysis = analyze(statement, resolver.scans)
    relations = {
        scan: _relation(engine, catalog, source, analysis.reads[scan], hidden)
        for scan, source in resolver.scans.items()
    }
    connection = engine.open(frozenset().union(*(relation.places for relation in relations.values())), is_writing)
    for scan, relation in relations.items():
        if relation.rows is not None:
            connection.register(scan, relation.rows)
        else:
            connection.execute(f"CREATE TEMP VIEW {quoted(scan)} AS {relation.sql}")
    if hidden:
        _hide_columns(statement, hidden, resolver.scans)
    sql = to_duckdb(statement, analysis.types)
    columns = _columns(connection, sql)
    if any(kind.id in _WIDER_THAN_BIGINT for _, kind in columns):
        sql = _narrowed(sql, columns)
        columns = _columns(connection, sql)
    return PreparedQuery(
        sql,
        columns,
        sum(relation.scanned_bytes for relation in relations.values()),
        tuple(_result_types(columns, analysis)),
    )


def _relation(engine: QueryEngine, catalog: Catalog, source: Source, reads: Reads, hidden: set[str]) -> Relation:
    if isinstance(source, InformationTable | PartitionListing):
        return source.relation(reads)
    if not isinstance(source, Table):
        return deferred("sources", "relation")(source, reads, hidden, engine.planner)
    partitions = select_partitions(engine.planner, catalog, source, reads.conditions)
    return table_relation(source, partitions, reads.columns, PATH_COLUMN in hidden, reads.conditions)


def _columns(connection: duckdb.DuckDBPyConnection, sql: str) -> Columns:
    """Names and types of a query's result; the query is bound, not run."""
    described = connection.execute(f"DESCRIBE {sql}").fetchall()
    return tuple((name, duckdb.type(kind)) for name, kind, *_ in described)


def _result_types(columns: Columns, analysis: Analysis) -> Iterator[exp.DataType | None]:
    """What the analysis says of each of a query's columns; None where it says nothing."""
    analyzed = iter(analysis.results)
    for name, _ in columns:
        known, kind = next(analyzed, (name, None))
        while known == PATH_COLUMN != name:
            known, kind = next(analyzed, (name, None))
        yield kind


def _narrowed(sql: str, columns: Columns) -> str:
    """The query with its 128-bit integers, which Athena does not have, as bigint."""
    positions = [f"column_{index}" for index in range(len(columns))]
    selected = ", ".join(
        f"{f'CAST({position} AS BIGINT)' if kind.id in _WIDER_THAN_BIGINT else position} AS {quoted(name)}"
        for position, (name, kind) in zip(positions, columns, strict=True)
    )
    return f"SELECT {selected} FROM ({sql}) AS result({', '.join(positions)})"  # noqa: S608 - identifiers are quoted


def _name_columns(statement: exp.Expression) -> None:
    """Give columns without a name the one that Athena gives them: `_col0`, by position."""
    for select in statement.find_all(exp.Select):
        if not isinstance(select.parent, exp.In | exp.Exists):
            for index, projection in enumerate(select.expressions):
                if not isinstance(projection, exp.Alias | exp.Column | exp.Dot | exp.Star):
                    projection.replace(exp.alias_(projection.copy(), f"_col{index}"))
    for values in statement.find_all(exp.Values):
        if not values.alias and isinstance(values.parent, exp.From | exp.Join):
            width = len(values.expressions[0].expressions)
            names = [exp.to_identifier(f"_col{index}") for index in range(width)]
            values.set("alias", exp.TableAlias(this=exp.to_identifier("values_list"), columns=names))


def _hide_columns(statement: exp.Expression, hidden: set[str], scans: dict[str, Source]) -> None:
    """`SELECT *` does not show the hidden columns, of which only Iceberg tables have all."""
    for select in statement.find_all(exp.Select):
        sources = [scans[table.name] for table in select.find_all(exp.Table) if table.name in scans]
        has_all = any(not isinstance(source, Table) for source in sources)
        names = sorted(hidden if has_all else hidden & {PATH_COLUMN})
        for star in [item for item in select.expressions if isinstance(item, exp.Star)] if sources and names else []:
            star.set("except_", [exp.to_identifier(name, quoted=True) for name in names])
