"""Iceberg's columns from the types that a statement gives them."""

from collections.abc import Callable, Iterator
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
)
from sqlglot import exp

from local_aws.athena.sql.errors import QueryError

_SIMPLE: dict[str, Callable[[], IcebergType]] = {
    "boolean": BooleanType,
    "int": IntegerType,
    "bigint": LongType,
    "float": FloatType,
    "double": DoubleType,
    "date": DateType,
    "timestamp": TimestampType,
    "string": StringType,
    "binary": BinaryType,
}
# Iceberg has neither (user guide, "Supported data types for Iceberg tables in Athena").
_UNSUPPORTED = {"tinyint": "BYTE, use integer", "smallint": "SHORT, use integer"}
DEFAULT_DECIMAL = (10, 0)


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
    if name not in _SIMPLE:
        raise QueryError(f"NOT_SUPPORTED: Type not supported for Iceberg: {name}")
    return _SIMPLE[name]()
