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
# Athena reads columns of the other types; its DDL makes none.
_DEFINABLE = {name: kind for kind, name in _NAMES.items() if kind not in {TimeType, TimestamptzType, UUIDType}}
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
    """Iceberg's type for a Hive type; raises QueryError for one that Iceberg does not have."""
    return _converted(exp.DataType.build(hive, dialect="hive"), identifiers or count(1))


def _converted(kind: exp.DataType, identifiers: Iterator[int]) -> IcebergType:
    if kind.is_type("decimal"):
        sizes = [int(size.name) for size in kind.expressions] or DEFAULT_DECIMAL
        return DecimalType(*sizes, *DEFAULT_DECIMAL[len(sizes) :])
    if kind.is_type("array"):
        return ListType(next(identifiers), _converted(kind.expressions[0], identifiers), element_required=False)
    if kind.is_type("map"):
        key, value = kind.expressions
        key_id, value_id = next(identifiers), next(identifiers)
        return MapType(
            key_id, _converted(key, identifiers), value_id, _converted(value, identifiers), value_required=False
        )
    if kind.is_type("struct"):
        return StructType(
            *(
                NestedField(next(identifiers), part.name.lower(), _converted(part.kind, identifiers), required=False)
                for part in kind.expressions
            )
        )
    name = kind.sql("hive").lower()
    if name in _UNSUPPORTED:
        raise QueryError(f"Unsupported Hive type: {_UNSUPPORTED[name]}")
    if name.startswith(("varchar", "char")):
        name = "string"
    if name not in _DEFINABLE:
        raise QueryError(f"NOT_SUPPORTED: Type not supported for Iceberg: {name}")
    return _DEFINABLE[name]()
