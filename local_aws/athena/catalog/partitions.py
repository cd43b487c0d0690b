"""Which partitions of a table a query reads: conditions are evaluated before any file is opened."""

from dataclasses import dataclass
from itertools import product
from math import prod

import duckdb
import pyarrow as pa
from sqlglot import exp

from local_aws.athena.analysis.constants import expression_value
from local_aws.athena.analysis.types import catalog_type
from local_aws.athena.catalog.projection import MAX_VALUES, projected_location, projected_values
from local_aws.athena.catalog.tables import Catalog, Column, Table
from local_aws.athena.sql.errors import QueryError, engine_error
from local_aws.athena.sql.quoting import quoted
from local_aws.athena.sql.types import duckdb_type_of_hive

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
# A name that no partition key has.
_POSITION = "$position"


@dataclass(frozen=True)
class Partition:
    """Values as DuckDB literals (None for NULL) in the order of the table's keys, and the location of the files."""

    values: tuple[str | None, ...]
    location: str


def select_partitions(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, table: Table, conditions: list[exp.Expression]
) -> list[Partition]:
    """Partitions whose values meet the conditions; the whole table as one partition when it has no keys."""
    if not table.partition_keys:
        return [Partition((), table.location)]
    keys = {key.name for key in table.partition_keys}
    usable = [condition for condition in conditions if column_names(condition) and column_names(condition) <= keys]
    if table.has_projection:
        return _projected(connection, table, usable)
    registered = [
        Partition(tuple(None if value == HIVE_NULL else value for value in values), location)
        for values, location in catalog.partitions(table)
    ]
    return _matching(connection, table.partition_keys, registered, usable)


def column_names(condition: exp.Expression) -> set[str]:
    return {column.name.lower() for column in condition.find_all(exp.Column)}


def _projected(
    connection: duckdb.DuckDBPyConnection, table: Table, conditions: list[exp.Expression]
) -> list[Partition]:
    choices = []
    for key in table.partition_keys:
        values = projected_values(table, key, conditions)
        literals = [Partition((value.literal,), value.text) for value in values]
        own = [condition for condition in conditions if column_names(condition) == {key.name}]
        choices.append(_matching(connection, (key,), literals, own))
    if prod(map(len, choices)) > MAX_VALUES:
        raise QueryError(
            f"HIVE_EXCEEDED_PARTITION_LIMIT: the query reads more than {MAX_VALUES} projected partitions of "
            f"{table.database}.{table.name}; restrict its partition columns"
        )
    partitions = [
        Partition(
            tuple(choice.values[0] for choice in combination),
            projected_location(table, tuple(choice.location for choice in combination)),
        )
        for combination in product(*choices)
    ]
    joint = [condition for condition in conditions if len(column_names(condition)) > 1]
    return _matching(connection, table.partition_keys, partitions, joint)


def _matching(
    connection: duckdb.DuckDBPyConnection,
    keys: tuple[Column, ...],
    partitions: list[Partition],
    conditions: list[exp.Expression],
) -> list[Partition]:
    if not conditions or not partitions:
        return partitions
    candidates = pa.table(
        {
            _POSITION: pa.array(range(len(partitions)), pa.int32()),
            **{
                key.name: pa.array([partition.values[index] for partition in partitions], pa.string())
                for index, key in enumerate(keys)
            },
        }
    )
    columns = ", ".join(
        f"CAST({quoted(key.name)} AS {duckdb_type_of_hive(key.hive_type)}) AS {quoted(key.name)}" for key in keys
    )
    known = [(key.name, catalog_type(key.hive_type)) for key in keys]
    try:
        where = " AND ".join(expression_value(condition, known, "candidates").sql for condition in conditions)
    except QueryError:
        return partitions
    connection.register("candidates", candidates)
    try:
        read = f"(SELECT {quoted(_POSITION)}, {columns} FROM candidates) AS candidates"  # noqa: S608 - identifiers are quoted
        query = f"SELECT {quoted(_POSITION)} FROM {read} WHERE {where} ORDER BY 1"  # noqa: S608 - translated
        return [partitions[position] for (position,) in connection.execute(query).fetchall()]
    except duckdb.ConversionException as error:
        _check_values(connection, columns, keys)
        raise engine_error(error) from error
    except duckdb.BinderException:
        return partitions
    finally:
        connection.unregister("candidates")


def _check_values(connection: duckdb.DuckDBPyConnection, columns: str, keys: tuple[Column, ...]) -> None:
    """Raises QueryError for a partition whose values are none of their columns' types."""
    try:
        connection.execute(f"SELECT {columns} FROM candidates").fetchall()  # noqa: S608 - identifiers are quoted
    except duckdb.ConversionException as error:
        names = ", ".join(key.name for key in keys)
        _, _, reason = str(engine_error(error)).partition(": ")
        raise QueryError(f"HIVE_INVALID_PARTITION_VALUE: Invalid partition value for {names}: {reason}") from error
