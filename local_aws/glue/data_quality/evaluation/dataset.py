"""The data of a run, read through the engine of Athena's queries.

The table that is evaluated is called `primary` in every query; the others have the names of AdditionalDataSources.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb
from sqlglot import exp

from local_aws.athena.catalog.tables import Catalog, Column
from local_aws.athena.iceberg.deferred import deferred
from local_aws.athena.queries.engine import QueryEngine
from local_aws.athena.queries.preparation import prepare
from local_aws.athena.sql.errors import QueryError, engine_error
from local_aws.athena.sql.quoting import quoted
from local_aws.glue.data_quality.evaluation.errors import EvaluationStoppedError, RuleError, UnfitColumnError
from local_aws.glue.data_quality.evaluation.sql import PRIMARY, cast_compared_texts, condition_of, parsed
from local_aws.glue.data_quality.evaluation.tables import Source
from local_aws.glue.data_quality.evaluation.types import compared_as

INTERRUPT_SECONDS = 0.1


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
        """Of the table that is evaluated; raises UnfitColumnError. Spark compares names without regard to case."""
        column = self.columns.get(name.lower())
        if column is None:
            raise UnfitColumnError(f"Input data does not include column {name}!")
        return column

    def row(self, expressions: Iterable[str], where: str | None = None) -> tuple[Any, ...]:
        """The values of aggregates in Athena's SQL, over the rows that a rule's where clause lets through."""
        [row] = self.rows(parsed(f"SELECT {', '.join(expressions)} FROM {kept_rows(where)}"))  # noqa: S608 - as kept_rows
        return row

    def rows(self, query: exp.Query) -> list[tuple[Any, ...]]:
        """The rows of a query in Athena's SQL, which are to be few."""
        if self._is_stopped:
            raise EvaluationStoppedError
        named = self._with_sources(query)
        with QueryEngine(self._run_id) as engine:
            self._engine = engine
            try:
                prepared = prepare(engine, self._catalog, self._sources[PRIMARY].database, named)
                return engine.connection.execute(prepared.sql).fetchall()
            except (duckdb.Error, QueryError) as error:
                if self._is_stopped:
                    raise EvaluationStoppedError from error
                if isinstance(error, duckdb.Error):
                    raise engine_error(error) from error
                raise
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
        cast_compared_texts(named, self._compared_types(used))
        return named

    def _compared_types(self, aliases: Iterable[str]) -> dict[str, str]:
        """Of the columns that are no texts; a name that is of two types in two sources tells nothing."""
        found: dict[str, set[str | None]] = defaultdict(set)
        for alias in aliases:
            for name, column in self.columns_of(alias).items():
                found[name].add(compared_as(column))
        return {name: kind for name, kinds in found.items() if len(kinds) == 1 and (kind := next(iter(kinds)))}


def kept_rows(where: str | None) -> str:
    """What a query selects from: the table that is evaluated, without the rows that a where clause filters out."""
    if where is None:
        return quoted(PRIMARY)
    return f"(SELECT * FROM {quoted(PRIMARY)} WHERE {condition_of(where).sql('trino')}) AS kept"  # noqa: S608 - it is parsed
