"""The columns of an Iceberg table's Parquet files, found by field id whatever they were called when they were written.

Source: Iceberg specification, "Column Projection" and "Column Name to Field Id Mapping".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pyarrow as pa
from pyiceberg.table.name_mapping import MappedField, parse_mapping_from_json
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import IcebergType, ListType, MapType, NestedField, StructType

from local_aws.athena.iceberg.types import athena_type
from local_aws.athena.queries.files import FOOTERS_KEPT, DataFile, parquet_footer
from local_aws.athena.sql.quoting import quoted, text_literal
from local_aws.athena.sql.types import duckdb_type_of_hive

_FIELD_ID = b"PARQUET:field_id"


@dataclass(frozen=True)
class StoredColumn:
    """A column, or a field of one: its id, name and type, and of a nested one the fields (element; key and value)."""

    field_id: int
    name: str
    kind: pa.DataType
    children: tuple["StoredColumn", ...] = ()


@dataclass(frozen=True, eq=False)
class StoredColumns:
    """The columns of a file. Files that store the same share one, so that it is compared by identity."""

    columns: tuple[StoredColumn, ...]

    @cached_property
    def by_id(self) -> dict[int, StoredColumn]:
        return {column.field_id: column for column in self.columns}


_shared = lru_cache(maxsize=FOOTERS_KEPT)(StoredColumns)


@lru_cache(maxsize=FOOTERS_KEPT)
def stored_columns(file: DataFile) -> StoredColumns | None:
    """Of a file that was written for Iceberg; None where it has no field ids."""
    fields = list(parquet_footer(file).schema)
    has_ids = any(_FIELD_ID in (field.metadata or {}) for field in fields)
    return _shared(tuple(map(_with_own_ids, fields))) if has_ids else None


@lru_cache(maxsize=FOOTERS_KEPT)
def mapped_columns(file: DataFile, mapping_json: str) -> StoredColumns:
    """Of a file without field ids, which the table's property `schema.name-mapping.default` gives by name."""
    schema = parquet_footer(file).schema
    return _shared(tuple(_mapped(list(schema), schema.names, parse_mapping_from_json(mapping_json).root)))


def _with_own_ids(field: pa.Field) -> StoredColumn:
    field_id = int((field.metadata or {}).get(_FIELD_ID, -1))
    return StoredColumn(field_id, field.name, field.type, tuple(map(_with_own_ids, _children(field.type))))


def _mapped(fields: list[pa.Field], names: list[str], mapping: Iterable[MappedField]) -> Iterable[StoredColumn]:
    by_name = {name: entry for entry in mapping for name in entry.names}
    for field, name in zip(fields, names, strict=True):
        entry = by_name.get(name, MappedField(names=[name]))
        field_id = -1 if entry.field_id is None else entry.field_id
        inner = _mapped(_children(field.type), _mapping_names(field.type), entry.fields)
        yield StoredColumn(field_id, field.name, field.type, tuple(inner))


def _mapping_names(kind: pa.DataType) -> list[str]:
    """What a name mapping calls the fields of a nested type."""
    if pa.types.is_map(kind):
        return ["key", "value"]
    return [field.name for field in kind] if pa.types.is_struct(kind) else ["element"] * len(_children(kind))


def _children(kind: pa.DataType) -> list[pa.Field]:
    if pa.types.is_struct(kind):
        return list(kind)
    if pa.types.is_map(kind):
        return [kind.key_field, kind.item_field]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [kind.value_field]
    return []


def column_value(field: NestedField, columns: StoredColumns) -> str:
    """DuckDB SQL of a column of the table from files that store these."""
    stored = columns.by_id.get(field.field_id)
    return _typed("NULL" if stored is None else _value(field.field_type, stored, quoted(stored.name)), field.field_type)


def constant_value(field: NestedField, value: Any) -> str:
    """DuckDB SQL of the value that an identity partition gives for all rows of a file."""
    text = "NULL" if value is None else text_literal(IdentityTransform().to_human_string(field.field_type, value))
    return _typed(text, field.field_type)


def _typed(sql: str, kind: IcebergType) -> str:
    return f"CAST({sql} AS {duckdb_type_of_hive(athena_type(kind))})"


def _value(kind: IcebergType, stored: StoredColumn, sql: str, depth: int = 0) -> str:
    """The stored value with the table's fields inside it, in their order and under their names."""
    if _is_stored_so(kind, stored):
        return sql
    item = f"item_{depth}"

    def each(values: str, inner: IcebergType, child: StoredColumn) -> str:
        return f"list_transform({values}, lambda {item}: {_value(inner, child, item, depth + 1)})"

    match kind:
        case StructType():
            by_id = {child.field_id: child for child in stored.children}
            parts = ", ".join(
                f"{quoted(field.name)} := {_field(field, by_id.get(field.field_id), sql, depth)}"
                for field in kind.fields
            )
            return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({parts}) END"
        case ListType():
            return each(sql, kind.element_type, stored.children[0])
        case MapType():
            key, value = stored.children
            keys = each(f"map_keys({sql})", kind.key_type, key)
            values = each(f"map_values({sql})", kind.value_type, value)
            return f"CASE WHEN {sql} IS NOT NULL THEN map({keys}, {values}) END"
    return sql


def _field(field: NestedField, stored: StoredColumn | None, parent: str, depth: int) -> str:
    if stored is None:
        return _typed("NULL", field.field_type)
    value = f"struct_extract({parent}, {text_literal(stored.name)})"
    return _typed(_value(field.field_type, stored, value, depth), field.field_type)


def _is_stored_so(kind: IcebergType, stored: StoredColumn) -> bool:
    """Whether the names, the order and the number of the fields inside are the table's, so that a cast is enough."""
    match kind:
        case StructType():
            return [(field.field_id, field.name) for field in kind.fields] == [
                (child.field_id, child.name) for child in stored.children
            ] and all(
                _is_stored_so(field.field_type, child)
                for field, child in zip(kind.fields, stored.children, strict=True)
            )
        case ListType():
            return _is_stored_so(kind.element_type, stored.children[0])
        case MapType():
            return _is_stored_so(kind.key_type, stored.children[0]) and _is_stored_so(
                kind.value_type, stored.children[1]
            )
    return True
