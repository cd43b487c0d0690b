"""Iceberg's types and columns, and their names in Athena's DDL, both ways.

Source: Athena user guide, "Supported data types for Iceberg tables in Athena".
"""

from collections.abc import Iterator
from itertools import count

from pyiceberg.schema import Schema
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)
from sqlglot import exp

from local_aws.athena.catalog.tables import Column
from local_aws.athena.sql.errors import QueryError
from local_aws.glue.iceberg import types

_NAMES: dict[type[IcebergType], str] = {
    BooleanType: "boolean",
    IntegerType: "int",
    LongType: "bigint",
    FloatType: "float",
    DoubleType: "double",
    StringType: "string",
    BinaryType: "binary",
    DateType: "date",
    TimeType: "time",
    TimestampType: "timestamp",
    TimestamptzType: "timestamptz",
    UUIDType: "uuid",
}
# Iceberg has neither (user guide, "Supported data types for Iceberg tables in Athena").
_UNSUPPORTED = {"tinyint": "BYTE, use integer", "smallint": "SHORT, use integer"}
DEFAULT_DECIMAL = (10, 0)


def athena_columns(schema: Schema) -> tuple[Column, ...]:
    """The schema's columns, of whose times the engine reads microseconds (it reads milliseconds of other tables).

    Raises QueryError for a column of a type that Athena does not read.
    """
    return tuple(Column(field.name.lower(), _column_type(field), field.doc or "") for field in schema.fields)


def _column_type(field: NestedField) -> str:
    try:
        return athena_type(field.field_type, fraction="(6)")
    except KeyError as error:
        raise QueryError(
            f"NOT_SUPPORTED: Athena does not read the Iceberg type {field.field_type} of column {field.name}"
        ) from error


def athena_type(kind: IcebergType, fraction: str = "") -> str:
    """`struct<a:int>` of an Iceberg struct, with the fraction after names of times.

    Raises KeyError for a type that Athena does not read (`fixed`).
    """
    match kind:
        case DecimalType():
            return f"decimal({kind.precision},{kind.scale})"
        case ListType():
            return f"array<{athena_type(kind.element_type, fraction)}>"
        case MapType():
            return f"map<{athena_type(kind.key_type, fraction)},{athena_type(kind.value_type, fraction)}>"
        case StructType():
            fields = (f"{field.name}:{athena_type(field.field_type, fraction)}" for field in kind.fields)
            return f"struct<{','.join(fields)}>"
        case TimeType() | TimestampType() | TimestamptzType():
            return _NAMES[type(kind)] + fraction
    return _NAMES[type(kind)]


def iceberg_schema(columns: list[tuple[str, str, str | None]]) -> Schema:
    """The schema of columns given as (name, Hive type, comment); the identifiers are provisional."""
    identifiers = count(1)
    fields = [
        NestedField(next(identifiers), name, iceberg_type(hive, identifiers), required=False, doc=comment)
        for name, hive, comment in columns
    ]
    return Schema(*fields)


def iceberg_type(hive: str, identifiers: Iterator[int] | None = None) -> IcebergType:
    """Iceberg's type for a Hive type in Athena's DDL; raises QueryError for one that Iceberg does not have."""
    kind = exp.DataType.build(hive, dialect="hive").transform(_as_iceberg_has_it)
    try:
        return types.iceberg_type(kind, identifiers or count(1))
    except types.NoIcebergTypeError as error:
        raise QueryError(f"NOT_SUPPORTED: Type not supported for Iceberg: {error.name}") from error


def _as_iceberg_has_it(node: exp.Expression) -> exp.Expression:
    """Texts without a length, decimals with both sizes, fields in lower case."""
    if isinstance(node, exp.Identifier):
        return exp.to_identifier(node.name.lower())
    if not isinstance(node, exp.DataType):
        return node
    if node.is_type("varchar", "char"):
        return exp.DataType.build("string", dialect="hive")
    if node.is_type("decimal") and len(node.expressions) < len(DEFAULT_DECIMAL):
        sizes = [int(size.name) for size in node.expressions]
        sizes += DEFAULT_DECIMAL[len(sizes) :]
        return exp.DataType.build(f"decimal({sizes[0]},{sizes[1]})", dialect="hive")
    name = node.sql("hive").lower()
    if name in _UNSUPPORTED:
        raise QueryError(f"Unsupported Hive type: {_UNSUPPORTED[name]}")
    return node
