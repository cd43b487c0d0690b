"""Result sets on disk: one JSON line per row, in the Data API's field form, read a page at a time."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg2 import extensions

from local_aws.redshift_data.exceptions import ValidationException
from local_aws.settings import endpoint_settings
from local_aws.storage import atomic_file

# A page ends with the first of these; AWS does not document its own page size.
PAGE_ROWS = 1000
PAGE_BYTES = 1 << 20
FETCH_ROWS = 2000

# PostgreSQL's type identifiers -> Redshift's type name and the field of a value.
TYPES: dict[int, tuple[str, str]] = {
    16: ("bool", "booleanValue"),
    17: ("varbyte", "stringValue"),
    20: ("int8", "longValue"),
    21: ("int2", "longValue"),
    23: ("int4", "longValue"),
    26: ("oid", "longValue"),
    700: ("float4", "doubleValue"),
    701: ("float8", "doubleValue"),
    1042: ("bpchar", "stringValue"),
    1082: ("date", "stringValue"),
    1083: ("time", "stringValue"),
    1114: ("timestamp", "stringValue"),
    1184: ("timestamptz", "stringValue"),
    1266: ("timetz", "stringValue"),
    1700: ("numeric", "stringValue"),
    3802: ("super", "stringValue"),
}
NUMERIC = 1700
MAX_PRECISION = 38
NATIVE_TYPES = (16, 20, 21, 23, 26, 700, 701)
SIGNED_TYPES = {"int2", "int4", "int8", "float4", "float8", "numeric"}
CASE_SENSITIVE_TYPES = {"varchar", "bpchar"}


def keep_text(cursor: extensions.cursor) -> None:
    """Have the cursor return every value but integers, floats and booleans in PostgreSQL's text form."""
    others = tuple(identifier for identifier in extensions.string_types if identifier not in NATIVE_TYPES)
    text = extensions.new_type(others, "TEXT_FORM", lambda value, _: value)
    extensions.register_type(text, cursor)


def column_metadata(cursor: extensions.cursor, scales: list[int]) -> list[dict[str, Any]]:
    """The columns as the Data API names them.

    :param scales: the most digits after a point that a column has: the scale of a computed decimal, which PostgreSQL
        does not declare
    """
    return [_column(column, scale) for column, scale in zip(cursor.description, scales, strict=True)]


def _is_computed_decimal(column: Any) -> bool:
    is_declared = column.precision is not None and column.precision <= MAX_PRECISION
    return column.type_code == NUMERIC and not is_declared


def _column(column: Any, scale: int) -> dict[str, Any]:
    type_name, _ = TYPES.get(column.type_code, ("varchar", "stringValue"))
    precision, scale = (MAX_PRECISION, scale) if _is_computed_decimal(column) else (column.precision, column.scale)
    return {
        "name": column.name,
        "label": column.name,
        "typeName": type_name,
        "length": column.internal_size if column.internal_size and column.internal_size > 0 else 0,
        "precision": precision or 0,
        "scale": scale or 0,
        "nullable": 1,
        "isSigned": type_name in SIGNED_TYPES,
        "isCaseSensitive": type_name in CASE_SENSITIVE_TYPES,
        "isCurrency": False,
        "schemaName": "",
        "tableName": "",
    }


def result_path(statement_id: str) -> Path:
    return endpoint_settings().work_directory / "redshift_data" / f"{statement_id.replace(':', '-')}.jsonl"


def write_result(statement_id: str, cursor: extensions.cursor) -> tuple[int, int, list[int]]:
    """Write the cursor's remaining rows; returns their number, their size in bytes, and the scale of each column."""
    rows = 0
    scales: dict[int, int] = {}
    with atomic_file(result_path(statement_id)) as path, path.open("wb") as file:
        while chunk := cursor.fetchmany(FETCH_ROWS):
            fields = [TYPES.get(column.type_code, ("varchar", "stringValue"))[1] for column in cursor.description]
            file.writelines(_encode(fields, row) for row in chunk)
            rows += len(chunk)
            for number, column in enumerate(cursor.description):
                if _is_computed_decimal(column):
                    scales[number] = max(scales.get(number, 0), *(_scale(row[number]) for row in chunk))
        return rows, file.tell(), [scales.get(number, 0) for number in range(len(cursor.description))]


def _scale(value: str | None) -> int:
    return len((value or "").partition(".")[2])


def _encode(fields: list[str], row: Iterable[Any]) -> bytes:
    record = [{"isNull": True} if value is None else {name: value} for name, value in zip(fields, row, strict=True)]
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_page(statement_id: str, token: str | None) -> tuple[list[list[dict[str, Any]]], str | None]:
    """The records from the token's position on, and the token of the next page."""
    if token is not None and not token.isdigit():
        raise ValidationException(f"The NextToken {token!r} is not one of this statement's.")
    with result_path(statement_id).open("rb") as file:
        start = file.seek(int(token or 0))
        records = []
        while len(records) < PAGE_ROWS and file.tell() - start < PAGE_BYTES:
            line = file.readline()
            if not line:
                return records, None
            records.append(json.loads(line))
        position = file.tell()
        return records, str(position) if file.read(1) else None
