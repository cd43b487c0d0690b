"""Iceberg's schema as Arrow's, laid out in memory as DuckDB lays its results out, with the field ids of every part."""

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema


def arrow_schema(schema: Schema) -> pa.Schema:
    """PyIceberg's Arrow schema with 32-bit offsets in place of 64-bit ones."""
    return pa.schema([_with_small_offsets(field) for field in schema_to_pyarrow(schema)])


def _with_small_offsets(field: pa.Field) -> pa.Field:
    return field.with_type(_small(field.type))


def _small(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_binary(kind):
        return pa.binary()
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(_with_small_offsets(kind.value_field))
    if pa.types.is_map(kind):
        return pa.map_(_with_small_offsets(kind.key_field), _with_small_offsets(kind.item_field))
    if pa.types.is_struct(kind):
        return pa.struct([_with_small_offsets(field) for field in kind])
    return kind
