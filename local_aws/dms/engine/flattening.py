"""Documents as rows: dotted names for nested fields, arrays as JSON, types from the investigated documents."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

from local_aws.dms.engine.conversion import TIMESTAMP, Losses
from local_aws.dms.engine.documents import Document, document_json

ARROW_TYPES: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int32(),
    Int64: pa.int64(),
    float: pa.float64(),
    datetime: TIMESTAMP,
    bytes: pa.binary(),
}
NUMBER_TYPES = [pa.int32(), pa.int64(), pa.float64()]


def flattened(document: Document, prefix: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping) and value:
            row |= flattened(value, f"{prefix}{name}.")
        else:
            row[f"{prefix}{name}"] = value
    return row


def _common_type(one: pa.DataType | None, other: pa.DataType) -> pa.DataType:
    if one is None or one == other:
        return other
    if one in NUMBER_TYPES and other in NUMBER_TYPES:
        return max(one, other, key=NUMBER_TYPES.index)
    return pa.string()


def columns_of(rows: Iterable[dict[str, Any]]) -> pa.Schema:
    """Columns in the order of their first appearance; of several types a wider number, else a string."""
    types: dict[str, pa.DataType | None] = {}
    for row in rows:
        for name, value in row.items():
            known = types.setdefault(name, None)
            if value is not None:
                types[name] = _common_type(known, ARROW_TYPES.get(type(value), pa.string()))
    return pa.schema([(name, arrow_type or pa.string()) for name, arrow_type in types.items()])


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value) if isinstance(value, ObjectId | Decimal128) else document_json(value)


def to_array(values: list[Any], field: pa.Field, losses: Losses) -> pa.Array:
    """Values of one column; one that is not of the column's type becomes NULL, counted."""
    if pa.types.is_string(field.type):
        return pa.array([_as_text(value) for value in values], field.type)
    try:
        return pa.array(values, field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        kept = [value if _is_convertible(value, field.type) else None for value in values]
        count = sum(value is not None for value in values) - sum(value is not None for value in kept)
        losses.add(field.name, f"values that are not {field.type} became NULL", count)
        return pa.array(kept, field.type)


def _is_convertible(value: Any, arrow_type: pa.DataType) -> bool:
    try:
        pa.scalar(value, arrow_type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return False
    return True
