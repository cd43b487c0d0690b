"""Iceberg's types as Athena names them in DDL, and its columns as the engine's.

Source: Athena user guide, "Supported data types for Iceberg tables in Athena".
"""

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
