"""CSV as Glue's built-in classifier sees it (AWS Glue developer guide, "Built-in classifiers in AWS Glue")."""

import csv
import re
from dataclasses import dataclass

import pyarrow as pa

from local_aws.glue.crawlers.types import merged_type

DELIMITERS = (",", "|", "\t", ";", "\x01")
MAX_HEADER_LENGTH = 150
COLUMN_NAME = re.compile(r"[^,;{}()\n\t=]+")
INTEGER = re.compile(r"[+-]?\d{1,18}")
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class DelimitedSample:
    delimiter: str
    has_header: bool
    schema: pa.Schema


def read_delimited(lines: list[str]) -> DelimitedSample | None:
    """The table that the lines hold, or None unless they have two rows and two columns of one delimiter."""
    for delimiter in DELIMITERS:
        rows = list(csv.reader(lines, delimiter=delimiter))
        width = len(rows[0]) if rows else 0
        if len(rows) > 1 and width > 1 and all(len(row) == width for row in rows):
            return _sample(delimiter, rows)
    return None


def _sample(delimiter: str, rows: list[list[str]]) -> DelimitedSample:
    header, *data = rows
    data_types = _column_types(data)
    has_header = _is_header(header) and any(not pa.types.is_string(data_type) for data_type in data_types)
    names = (
        _unique([name.strip().lower() for name in header]) if has_header else [f"col{i}" for i in range(len(header))]
    )
    types = data_types if has_header else _column_types(rows)
    return DelimitedSample(delimiter, has_header, pa.schema(list(zip(names, types, strict=True))))


def _is_header(row: list[str]) -> bool:
    return all(
        pa.types.is_string(_value_type(name)) and len(name) < MAX_HEADER_LENGTH and COLUMN_NAME.fullmatch(name)
        for name in row
    )


def _column_types(rows: list[list[str]]) -> list[pa.DataType]:
    types = [pa.null()] * len(rows[0])
    for row in rows:
        types = [merged_type(known, _value_type(value)) for known, value in zip(types, row, strict=True)]
    return [pa.string() if pa.types.is_null(data_type) else data_type for data_type in types]


def _value_type(value: str) -> pa.DataType:
    value = value.strip()
    if not value:
        return pa.null()
    if INTEGER.fullmatch(value):
        return pa.int64()
    if DECIMAL.fullmatch(value):
        return pa.float64()
    return pa.bool_() if value.lower() in {"true", "false"} else pa.string()


def _unique(names: list[str]) -> list[str]:
    return [name if names.index(name) == i else f"{name}_{i}" for i, name in enumerate(names)]
