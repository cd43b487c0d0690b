"""Iceberg types of Glue's columns, which are spelled as Hive's."""

from collections.abc import Iterator
from itertools import count
from typing import Any

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


class NoIcebergTypeError(ValueError):
    """Hive has the type of this `name`, Iceberg has none like it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Iceberg has no type {name}")
        self.name = name


PRIMITIVES: dict[str, IcebergType] = {
    "boolean": BooleanType(),
    "int": IntegerType(),
    "bigint": LongType(),
    "float": FloatType(),
    "double": DoubleType(),
    "date": DateType(),
    "timestamp": TimestampType(),
    "string": StringType(),
    "binary": BinaryType(),
}
_KEY_AND_VALUE = 2


def iceberg_schema(columns: list[dict[str, Any]]) -> Schema:
    """The schema of Glue's columns, all optional. Raises NoIcebergTypeError."""
    identifiers = count(1)
    types = [exp.DataType.build(column["Type"], dialect="hive") for column in columns]
    return Schema(
        *(
            NestedField(next(identifiers), column["Name"], iceberg_type(kind, identifiers), doc=column.get("Comment"))
            for column, kind in zip(columns, types, strict=True)
        )
    )


def iceberg_type(kind: exp.DataType, identifiers: Iterator[int]) -> IcebergType:
    """Iceberg's type for one of Hive's, whose inner fields get identifiers; raises NoIcebergTypeError."""
    if kind.is_type("decimal") and kind.expressions:
        return DecimalType(*(int(size.name) for size in kind.expressions))
    if kind.is_type("array") and kind.expressions:
        return ListType(next(identifiers), iceberg_type(kind.expressions[0], identifiers), element_required=False)
    if kind.is_type("map") and len(kind.expressions) == _KEY_AND_VALUE:
        key, value = next(identifiers), next(identifiers)
        types = [iceberg_type(part, identifiers) for part in kind.expressions]
        return MapType(key, types[0], value, types[1], value_required=False)
    if kind.is_type("struct") and kind.expressions:
        fields = [(next(identifiers), part.name, iceberg_type(part.kind, identifiers)) for part in kind.expressions]
        return StructType(*(NestedField(*field) for field in fields))
    # Which has no time of day either: sqlglot writes it as a timestamp.
    name = "time" if kind.is_type("time") else kind.sql("hive").lower()
    if name not in PRIMITIVES:
        raise NoIcebergTypeError(name)
    return PRIMITIVES[name]
