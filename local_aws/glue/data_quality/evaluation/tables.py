"""The tables of a run: as they were when it began, and the partitions of them that it reads."""

from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from local_aws.athena.catalog.partitions import column_names
from local_aws.athena.catalog.tables import Catalog, Table
from local_aws.glue.data_quality.evaluation.errors import EvaluationError
from local_aws.glue.data_quality.evaluation.sql import condition_of


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
    """A table of the catalog, and what its partitions have to meet to be read, in Spark's SQL."""

    database: str
    table: str
    predicates: tuple[str, ...] = ()

    def query(self) -> exp.Select:
        selected = exp.select("*").from_(exp.table_(self.table, db=self.database, quoted=True))
        for predicate in self.predicates:
            selected = selected.where(condition_of(predicate), copy=False)
        return selected


def source_of(catalog: Catalog, described: dict[str, Any]) -> Source:
    """The source that a request's GlueTable describes; raises EvaluationError for one that cannot be read so."""
    options = described.get("AdditionalOptions") or {}
    source = Source(described["DatabaseName"].lower(), described["TableName"].lower(), tuple(options.values()))
    name = f"{source.database}.{source.table}"
    table = catalog.find_table(source.database, source.table)
    if table is None:
        raise EvaluationError(f"The table {name} does not exist.")
    if table.is_view:
        raise EvaluationError(f"{name} is a view, which Glue Data Quality does not read.")
    keys = {key.name for key in table.partition_keys}
    for option, predicate in options.items():
        if not column_names(condition_of(predicate)) <= keys:
            raise EvaluationError(
                f"The {option} of {name} can not be resolved against partition columns: [{', '.join(sorted(keys))}]"
            )
    return source
