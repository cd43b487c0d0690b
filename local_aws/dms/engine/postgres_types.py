"""PostgreSQL columns to DMS's Parquet types.

Types: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.PostgreSQL.html and CHAP_Target.S3.html
"""

from dataclasses import dataclass

import pyarrow as pa
from psycopg2 import sql

from local_aws.dms.engine import conversion
from local_aws.dms.engine.conversion import BLOB, CLOB, NCLOB, LargeObject, Losses
from local_aws.dms.specification import PostgresSource

MAX_DECIMAL_PRECISION = 38
# unboundedVarcharMaxSize in https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.PostgreSQL.html
UNBOUNDED_VARCHAR_BYTES = 8000
MODIFIER_HEADER = 4
# What DMS makes of a NUMERIC without precision.
UNBOUNDED_NUMERIC = pa.decimal128(28, 6)
MONEY = pa.decimal128(38, 4)

PLAIN_TYPES = {
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
}
TEMPORAL_TYPES = {
    "date": pa.date32(),
    "time": pa.time32("ms"),
    "timetz": pa.time32("ms"),
    "timestamp": conversion.TIMESTAMP,
    "timestamptz": conversion.TIMESTAMP,
}
LARGE_OBJECTS = (
    dict.fromkeys(("text", "citext", "json", "jsonb", "hstore"), NCLOB)
    | dict.fromkeys(("xml", "tsvector", "tsquery", "path", "polygon"), CLOB)
    | {"bytea": BLOB}
)
NCLOB_CATEGORIES = frozenset({"A", "C"})  # arrays and composite types


@dataclass(frozen=True)
class PostgresColumn:
    """A column as the catalog describes it; a domain is its base type. `modifier` is pg_attribute.atttypmod."""

    name: str
    type_name: str
    type_category: str
    modifier: int


@dataclass(frozen=True)
class ColumnMapping:
    """How a column is selected and what it becomes; a text of more than `most_bytes` in UTF-8 is cut."""

    name: str
    expression: sql.Composable
    arrow_type: pa.DataType
    large_object: LargeObject | None = None
    most_bytes: int | None = None

    def convert(self, array: pa.Array, lob_limit: int, losses: Losses) -> pa.Array:
        if pa.types.is_decimal(self.arrow_type):
            return conversion.decimal_from_text(array, self.arrow_type, self.name, losses)
        if pa.types.is_timestamp(self.arrow_type):
            return conversion.timestamp_in_range(array, self.name, losses)
        if pa.types.is_date(self.arrow_type):
            return conversion.date_in_range(array, self.name, losses)
        if pa.types.is_time(self.arrow_type):
            return conversion.time_of_day(array, self.name, losses)
        if self.most_bytes:
            array = CLOB.shortened(array, self.most_bytes, self.name, losses)
        if self.large_object:
            array = self.large_object.shortened(array, lob_limit, self.name, losses)
        return array if array.type == self.arrow_type else array.cast(self.arrow_type)


def numeric_type(modifier: int) -> pa.DataType | None:
    """DECIMAL for a precision of up to 38, None (that is, STRING) above. A negative scale widens the precision."""
    if modifier < MODIFIER_HEADER:
        return UNBOUNDED_NUMERIC
    packed = modifier - MODIFIER_HEADER
    precision, scale = packed >> 16, ((packed & 0x7FF) ^ 0x400) - 0x400
    precision, scale = max(precision, scale, precision - scale), max(scale, 0)
    return pa.decimal128(precision, scale) if precision <= MAX_DECIMAL_PRECISION else None


def map_column(column: PostgresColumn, source: PostgresSource) -> ColumnMapping:
    identifier = sql.Identifier(column.name)
    as_text = sql.SQL("{}::text").format(identifier)
    type_name = column.type_name
    if type_name in PLAIN_TYPES:
        return ColumnMapping(column.name, identifier, PLAIN_TYPES[type_name])
    if type_name in TEMPORAL_TYPES:
        at_utc = sql.SQL("({} AT TIME ZONE 'UTC')::time").format(identifier)
        return ColumnMapping(column.name, at_utc if type_name == "timetz" else identifier, TEMPORAL_TYPES[type_name])
    if type_name == "varchar":
        most_bytes = UNBOUNDED_VARCHAR_BYTES if column.modifier < MODIFIER_HEADER else None
        return ColumnMapping(column.name, identifier, pa.string(), most_bytes=most_bytes)
    if type_name == "numeric":
        return _map_numeric(column, identifier, as_text)
    if type_name == "money":
        return ColumnMapping(column.name, sql.SQL("{}::numeric::text").format(identifier), MONEY)
    if type_name == "bool" and source.map_boolean_as_boolean:
        return ColumnMapping(column.name, identifier, pa.bool_())
    if type_name == "bpchar":
        # The cast to text drops the padding.
        return ColumnMapping(column.name, as_text if source.trim_space_in_char else identifier, pa.string())
    large_object = LARGE_OBJECTS.get(type_name, NCLOB if column.type_category in NCLOB_CATEGORIES else None)
    if type_name == "bytea":
        return ColumnMapping(column.name, identifier, pa.binary(), large_object)
    if type_name == "text":
        return ColumnMapping(column.name, identifier, pa.string(), large_object)
    return ColumnMapping(column.name, as_text, pa.string(), large_object)


def _map_numeric(column: PostgresColumn, identifier: sql.Identifier, as_text: sql.Composable) -> ColumnMapping:
    decimal = numeric_type(column.modifier)
    if decimal is None:
        return ColumnMapping(column.name, as_text, pa.string())
    if decimal == UNBOUNDED_NUMERIC and column.modifier < MODIFIER_HEADER:
        as_text = sql.SQL("round({}, {})::text").format(identifier, sql.Literal(decimal.scale))
    return ColumnMapping(column.name, as_text, decimal)
