"""The tables that a run reads, through the engine of Athena's queries.

The table that is evaluated is called `primary` in every query; the others have the names of AdditionalDataSources.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from local_aws.athena.catalog.tables import Catalog, Column, Table
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.engine import QueryEngine
from local_aws.athena.queries.preparation import prepare
from local_aws.athena.sql.errors import QueryError, engine_error, syntax_error
from local_aws.athena.sql.parser import AthenaSQL
from local_aws.athena.sql.quoting import quoted

PRIMARY = "primary"
# How Spark SQL of Glue Data Quality names Iceberg tables.
ICEBERG_CATALOG = "glue_catalog"
INTERRUPT_SECONDS = 0.1


class RuleError(Exception):
    """A rule that cannot be evaluated."""


class MissingColumnError(Exception):
    """A column that the table does not have: the rule fails."""


class EvaluationStoppedError(Exception):
    """The run was cancelled or took too long."""


class PinnedCatalog(Catalog):
    """The catalog, with every table and its partitions as they were when they were first asked for.

    Spark reads the partitions that the catalog holds and knows nothing of Athena's partition projection.
    """

    def __init__(self, account_id: str, region_name: str) -> None:
        super().__init__(account_id, region_name)
        self._tables: dict[tuple[str, str], Table | None] = {}
        self._partitions: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}

    def find_table(self, database: str, name: str) -> Table | None:
        if (database, name) not in self._tables:
            self._tables[database, name] = _without_projection(super().find_table(database, name))
        return self._tables[database, name]

    def partitions(self, table: Table) -> list[tuple[tuple[str, ...], str]]:
        place = table.database, table.name
        if place not in self._partitions:
            self._partitions[place] = super().partitions(table)
        return self._partitions[place]


def _without_projection(table: Table | None) -> Table | None:
    if table is None or not table.has_projection:
        return table
    return replace(table, parameters={**table.parameters, "projection.enabled": "false"})


@dataclass(frozen=True)
class Source:
    """A table of the catalog, and what its partitions have to meet to be read."""

    database: str
    table: str
    predicates: tuple[str, ...] = ()

    def query(self) -> exp.Select:
        selected = exp.select("*").from_(exp.table_(self.table, db=self.database, quoted=True))
        for predicate in self.predicates:
            selected = selected.where(condition_of(predicate), copy=False)
        return selected


class Dataset:
    """The data of one run, as it is at `now`. Its queries end with EvaluationStoppedError after `stop`."""

    def __init__(self, run_id: str, catalog: Catalog, sources: dict[str, Source], now: datetime) -> None:
        self._run_id = run_id
        self._catalog = catalog
        self._sources = {name.lower(): source for name, source in sources.items()}
        self.now = now
        self._engine: QueryEngine | None = None
        self._is_stopped = False
        self._has_ended = threading.Event()

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Of the table that is evaluated, by their lower-case names."""
        return self.columns_of(PRIMARY)

    def columns_of(self, alias: str) -> dict[str, Column]:
        source = self._sources[alias.lower()]
        table = self._catalog.find_table(source.database, source.table)
        if table is None:
            raise RuleError(f"The table {source.database}.{source.table} does not exist.")
        found = deferred("tables", "current_version")(table) if table.is_iceberg else table
        return {column.name: column for column in found.all_columns}

    def has_source(self, alias: str) -> bool:
        return alias.lower() in self._sources

    def column(self, name: str) -> Column:
        """Raises MissingColumnError; names are compared as Spark does, without regard to case."""
        column = self.columns.get(name.lower())
        if column is None:
            raise MissingColumnError(f"Input data does not include column {name}!")
        return column

    def row(self, expressions: Iterable[str], where: str | None = None) -> tuple[Any, ...]:
        """The values of aggregates in Athena's SQL, over the rows that a rule's where clause lets through."""
        [row] = self.rows(parsed(f"SELECT {', '.join(expressions)} FROM {kept_rows(where)}"))  # noqa: S608 - as kept_rows
        return row

    def rows(self, query: exp.Query, limit: int = 2) -> list[tuple[Any, ...]]:
        """The first rows of a query in Athena's SQL."""
        if self._is_stopped:
            raise EvaluationStoppedError
        named = self._with_sources(query)
        with QueryEngine(self._run_id) as engine:
            self._engine = engine
            try:
                prepared = prepare(engine, self._catalog, self._sources[PRIMARY].database, named)
                return engine.connection.execute(prepared.sql).fetchmany(limit)
            except (duckdb.Error, QueryError) as error:
                if self._is_stopped:
                    raise EvaluationStoppedError from error
                raise (error if isinstance(error, QueryError) else engine_error(error, named)) from error
            finally:
                self._engine = None

    def names(self, query: exp.Query) -> list[str]:
        """The columns of a query's result, in lower case."""
        with QueryEngine(self._run_id) as engine:
            prepared = prepare(engine, self._catalog, self._sources[PRIMARY].database, self._with_sources(query))
        return [name.lower() for name, _ in prepared.columns]

    def is_iceberg(self, database: str, name: str) -> bool:
        table = self._catalog.find_table(database.lower(), name.lower())
        return table is not None and table.is_iceberg

    def stop(self) -> None:
        self._is_stopped = True
        threading.Thread(target=self._interrupt, name=f"stop-{self._run_id}", daemon=True).start()

    def close(self) -> None:
        self._has_ended.set()

    def _interrupt(self) -> None:
        """Again and again until all has ended: an interrupt that comes just before a query runs is lost."""
        while True:
            engine = self._engine
            if engine is not None:
                engine.interrupt()
            if self._has_ended.wait(INTERRUPT_SECONDS):
                return

    def _with_sources(self, query: exp.Query) -> exp.Query:
        """The query with a common table for each source that it names."""
        named = query.copy()
        used = {}
        for node in named.find_all(exp.Table):
            alias = node.name.lower()
            if not node.db and alias in self._sources:
                used[alias] = self._sources[alias]
                node.set("this", exp.to_identifier(alias, quoted=True))
        tables = [
            exp.CTE(this=source.query(), alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
            for alias, source in used.items()
        ]
        own = named.args.get("with_")
        if own is not None:
            own.set("expressions", [*tables, *own.expressions])
        elif tables:
            named.set("with_", exp.With(expressions=tables))
        return named


def parsed(sql: str) -> exp.Query:
    return sqlglot.parse_one(sql, read=AthenaSQL)


def from_spark(sql: str) -> exp.Query:
    """A query in Spark's SQL as one in Athena's; raises RuleError for what is no query or cannot be translated."""
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="spark") if statement is not None]
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise RuleError("It is not a single SELECT statement.")
        return parsed(statements[0].sql("trino", unsupported_level=ErrorLevel.RAISE))
    except ParseError as error:
        raise RuleError(str(syntax_error(error))) from error
    except (SqlglotError, QueryError) as error:
        raise RuleError(str(error).splitlines()[0]) from error


def kept_rows(where: str | None) -> str:
    """What a query selects from: the table that is evaluated, without the rows that a where clause filters out."""
    if where is None:
        return quoted(PRIMARY)
    return f"(SELECT * FROM {quoted(PRIMARY)} WHERE {condition_of(where).sql('trino')}) AS kept"  # noqa: S608 - it is parsed


def condition_of(clause: str) -> exp.Expression:
    """A condition in Spark's SQL as one in Athena's; raises RuleError."""
    query = from_spark(f"SELECT * FROM {PRIMARY} WHERE ({clause})")  # noqa: S608 - it is parsed and confined
    where = query.args.get("where")
    others = {name for name, value in query.args.items() if value} - {"expressions", "from_", "where", "kind"}
    if not isinstance(query, exp.Select) or where is None or others:
        raise RuleError(f"{clause} is not a condition.")
    return where.this
