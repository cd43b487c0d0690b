"""Partition transforms: as statements write them, as Iceberg keeps them, as DuckDB computes them.

Source of the list: Athena user guide, "Create Iceberg tables", "Use partitions". DDL writes `bucket(16, id)`, the
`partitioning` of CREATE TABLE AS writes `bucket(id, 16)`, as Trino's Iceberg connector does.
"""

import re
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    YearTransform,
    parse_transform,
)
from pyiceberg.types import DateType, IcebergType, TimestampType, TimestamptzType
from sqlglot import exp

from local_aws.athena.iceberg.types import athena_type
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.sql.quoting import quoted
from local_aws.athena.sql.types import duckdb_type_of_hive

_INVALID_CLAUSE = "Invalid PARTITIONED BY clause in Iceberg create table statement"
_TIME_FUNCTIONS: dict[type[exp.Expression], str] = {
    exp.Year: "year",
    exp.Month: "month",
    exp.Day: "day",
    exp.Hour: "hour",
}
_SIZED_FUNCTIONS: dict[type[exp.Expression], str] = {
    exp.PartitionedByBucket: "bucket",
    exp.PartitionByTruncate: "truncate",
}
_NAME_SUFFIXES = {
    YearTransform: "year",
    MonthTransform: "month",
    DayTransform: "day",
    HourTransform: "hour",
    BucketTransform: "bucket",
    TruncateTransform: "trunc",
}
_CTAS_TRANSFORM = re.compile(r'\s*(?:(\w+)\s*\(\s*)?"?(\w+)"?\s*(?:,\s*(\d+)\s*)?\)?\s*$')


@dataclass(frozen=True)
class PartitionBy:
    """One entry of a partitioning: `transform` in Iceberg's spelling (`identity`, `day`, `bucket[16]`)."""

    column: str
    transform: str


def parse_partitioned_by(clause: exp.Expression) -> list[PartitionBy]:
    """The PARTITIONED BY of CREATE TABLE."""
    return [_parsed(item) for item in clause.expressions]


def _parsed(item: exp.Expression) -> PartitionBy:
    if isinstance(item, exp.Identifier | exp.Column):
        return PartitionBy(item.name.lower(), "identity")
    column = item.find(exp.Column)
    if column is None or isinstance(item, exp.ColumnDef):
        raise QueryError(_INVALID_CLAUSE)
    if type(item) in _TIME_FUNCTIONS:
        return PartitionBy(column.name.lower(), _TIME_FUNCTIONS[type(item)])
    if type(item) in _SIZED_FUNCTIONS:
        return PartitionBy(column.name.lower(), f"{_SIZED_FUNCTIONS[type(item)]}[{item.expression.name}]")
    raise QueryError(_INVALID_CLAUSE)


def parse_partitioning(items: list[str]) -> list[PartitionBy]:
    """The `partitioning` of CREATE TABLE AS: `month(dt)`, `bucket(id, 16)`."""
    return [_parsed_text(item) for item in items]


def _parsed_text(text: str) -> PartitionBy:
    match = _CTAS_TRANSFORM.match(text)
    function, column, size = match.groups() if match else (None, None, None)
    is_sized = function is not None and function.lower() in _SIZED_FUNCTIONS.values()
    is_plain = function is None or function.lower() in _TIME_FUNCTIONS.values()
    if match is None or (is_sized and size is None) or (is_plain and size is not None) or not (is_sized or is_plain):
        raise QueryError(f"INVALID_TABLE_PROPERTY: Invalid partition field declaration: {text}")
    name = "identity" if function is None else function.lower() + (f"[{size}]" if is_sized else "")
    return PartitionBy(column.lower(), name)


def partition_spec(entries: list[PartitionBy], schema: Schema) -> PartitionSpec:
    fields = []
    for number, entry in enumerate(entries):
        source = next((field for field in schema.fields if field.name == entry.column), None)
        if source is None:
            raise QueryError(f"COLUMN_NOT_FOUND: Partition column '{entry.column}' is not a column of the table")
        transform = parse_transform(entry.transform)
        if not transform.can_transform(source.field_type):
            raise QueryError(f"Invalid partition transform {transform} of column {entry.column}: {source.field_type}")
        name = entry.column if isinstance(transform, IdentityTransform) else f"{entry.column}_{_suffix(transform)}"
        fields.append(PartitionField(source.field_id, PARTITION_FIELD_ID_START + number, transform, name))
    return PartitionSpec(*fields)


def _suffix(transform: Transform) -> str:
    return _NAME_SUFFIXES[type(transform)]


def partition_values(connection: duckdb.DuckDBPyConnection, spec: PartitionSpec, schema: Schema) -> list[str]:
    """DuckDB expressions of a spec's partition values over the columns of the schema."""
    return [_value(connection, number, field, schema) for number, field in enumerate(spec.fields)]


def _value(connection: duckdb.DuckDBPyConnection, number: int, field: PartitionField, schema: Schema) -> str:
    column = quoted(schema.find_column_name(field.source_id))
    match field.transform:
        case IdentityTransform():
            return column
        case YearTransform():
            return f"(year({column}) - 1970)"
        case MonthTransform():
            return f"((year({column}) - 1970) * 12 + month({column}) - 1)"
        case DayTransform():
            return f"(CAST({column} AS DATE) - DATE '1970-01-01')"
        case HourTransform():
            return f"CAST(floor(epoch_us({column}) / 3600000000.0) AS INTEGER)"
        case BucketTransform() | TruncateTransform():
            source = schema.find_type(field.source_id)
            function = f"partition_value_{number}"
            _define(connection, function, field.transform, source)
            return f"{function}({column})"
        case other:
            raise QueryError(f"NOT_SUPPORTED: Writing the partition transform {other} is not supported")


def _define(connection: duckdb.DuckDBPyConnection, name: str, transform: Transform, source: IcebergType) -> None:
    """PyIceberg's transform as a function of the connection: it is asked once for each distinct value of a batch."""
    result = schema_to_pyarrow(transform.result_type(source))
    result = pa.string() if pa.types.is_large_string(result) else result
    compute = transform.transform(source)

    def values(column: pa.ChunkedArray) -> pa.Array:
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        encoded = array.dictionary_encode()
        distinct = [compute(value) for value in _internal(encoded.dictionary, source).to_pylist()]
        return pa.array(distinct, result).take(encoded.indices)

    argument = duckdb_type_of_hive(athena_type(source))
    returned = "INTEGER" if isinstance(transform, BucketTransform) else argument
    connection.create_function(
        name, values, [duckdb.type(argument)], duckdb.type(returned), type="arrow", null_handling="special"
    )


def _internal(values: pa.Array, source: IcebergType) -> pa.Array:
    """Values as Iceberg's transforms take them: days and microseconds for dates and timestamps."""
    if isinstance(source, DateType):
        return values.cast(pa.int32())
    if isinstance(source, TimestampType | TimestamptzType):
        return values.cast(pa.int64())
    return values
