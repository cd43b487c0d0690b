"""Types in their four spellings: Hive's (the Glue catalog), DuckDB's, Parquet's (as Arrow reads it) and Athena's."""

import re
from functools import lru_cache
from typing import Any

import pyarrow as pa
from sqlglot import exp

from local_aws.athena.analysis.types import Type, hive_data_type
from local_aws.athena.sql.errors import QueryError

# HiveVarchar and HiveChar of Hive.
MAX_VARCHAR_LENGTH, MAX_CHAR_LENGTH = 65535, 255
_HIVE_NAMES = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "integer": "int",
    "bigint": "bigint",
    "real": "float",
    "double": "double",
    "varchar": "string",
    "varbinary": "binary",
    "date": "date",
    "timestamp": "timestamp",
}
_PRECISIONS = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 17,
    "double": 17,
    "varchar": 2147483647,
    "varbinary": 1073741824,
    "timestamp": 3,
    "timestamp with time zone": 3,
}


@lru_cache(maxsize=4096)
def duckdb_type_of_hive(hive_type: str) -> str:
    """DuckDB's spelling of a Hive type: `struct<a:int>` is `STRUCT(a INT)`."""
    parsed = hive_data_type(hive_type)
    for node in parsed.find_all(exp.DataType):
        if node.is_type("decimal") and not node.expressions:
            node.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(value)) for value in (10, 0)])
        elif node.is_type(*exp.DataType.TEXT_TYPES, "timestamp", "timestamptz", "time"):
            node.set("expressions", [])
    return parsed.sql("duckdb")


_RESULT_NAMES = {"real": "float", "uuid": "varchar"}


def column_info(name: str, kind: Type) -> dict[str, Any]:
    """ColumnInfo of ResultSetMetadata for a result column of a type."""
    athena_type = _RESULT_NAMES.get(kind.name, kind.name)
    precision, scale = _PRECISIONS.get(athena_type, 0), 0
    if kind.name == "decimal":
        precision, scale = kind.arguments
    elif kind.is_text and kind.arguments:
        precision = kind.arguments[0]
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": athena_type,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.is_text,
    }


def hive_type(kind: Type) -> str:
    """Hive's spelling of a type, for the catalog entry of a table made from a query; raises QueryError if it has none.

    Source: Trino's HiveTypeTranslator.
    """
    match kind.name:
        case "varchar" if kind.arguments:
            _check_length(kind, MAX_VARCHAR_LENGTH)
            return f"varchar({max(kind.arguments[0], 1)})"
        case "char":
            _check_length(kind, MAX_CHAR_LENGTH)
            return f"char({kind.arguments[0]})"
        case "array" | "map":
            return f"{kind.name}<{','.join(map(hive_type, kind.arguments))}>"
        case "row":
            if any(name is None for name, _ in kind.arguments):
                raise QueryError(
                    f"NOT_SUPPORTED: Anonymous row type is not supported in Hive. Please give each field a name: {kind}"
                )
            return f"struct<{','.join(f'{name}:{hive_type(part)}' for name, part in kind.arguments)}>"
        case "decimal":
            return str(kind)
    if kind.name not in _HIVE_NAMES:
        raise QueryError(f"NOT_SUPPORTED: Unsupported Hive type: {kind}")
    return _HIVE_NAMES[kind.name]


def _check_length(kind: Type, most: int) -> None:
    if kind.arguments[0] > most:
        known = f"{kind.name.upper()}(<={most})"
        ending = f"{known}, VARCHAR." if kind.name == "varchar" else f"{known}."
        raise QueryError(f"NOT_SUPPORTED: Unsupported Hive type: {kind}. Supported {kind.name.upper()} types: {ending}")


def presto_type(hive: str) -> str:
    """Presto's spelling of a Hive type, as views and SHOW COLUMNS give it: `varchar` for `string`."""
    return hive_data_type(hive).sql("trino").lower()


@lru_cache(maxsize=4096)
def trino_type(hive: str, fraction_digits: int) -> str:
    """Trino's name of a Hive type, as `information_schema` gives it: `timestamp(3)`, `row(a integer)`."""
    kind = hive_data_type(hive)
    for node in kind.find_all(exp.DataType):
        if node.is_type("timestamp", "timestamptz"):
            node.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(fraction_digits))])
    return re.sub(r"(decimal\(\d+), ", r"\1,", kind.sql("trino").lower())


@lru_cache(maxsize=4096)
def is_readable_as(stored: pa.DataType, hive: str) -> bool:
    """Whether Athena reads a Parquet column of this stored type as the declared one."""
    declared = hive_data_type(hive)
    checks = (
        (declared.is_type(*exp.DataType.INTEGER_TYPES), pa.types.is_integer(stored)),
        (declared.is_type("float", "double"), pa.types.is_floating(stored)),
        (declared.is_type("decimal"), pa.types.is_decimal(stored) or pa.types.is_integer(stored)),
        (declared.is_type("boolean"), pa.types.is_boolean(stored)),
        (declared.is_type("date"), pa.types.is_date(stored)),
        (declared.is_type("timestamp"), pa.types.is_timestamp(stored)),
        (declared.is_type(*exp.DataType.TEXT_TYPES, "binary"), _is_bytes(stored)),
        (declared.is_type("array"), pa.types.is_list(stored) or pa.types.is_large_list(stored)),
        (declared.is_type("map"), pa.types.is_map(stored)),
        (declared.is_type("struct"), pa.types.is_struct(stored)),
    )
    return next((is_matching for is_declared, is_matching in checks if is_declared), True)


def _is_bytes(stored: pa.DataType) -> bool:
    if pa.types.is_dictionary(stored):
        stored = stored.value_type
    return any(
        check(stored)
        for check in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
            pa.types.is_null,
        )
    )
