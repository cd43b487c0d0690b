"""Text tables as DuckDB reads them: OpenCSVSerde, LazySimpleSerDe and the JSON SerDes."""

from local_aws.athena.catalog.tables import Column, Table
from local_aws.athena.sql.quoting import path_pattern, quoted, text_literal
from local_aws.athena.sql.types import duckdb_type_of_hive

LAZY_SIMPLE_DELIMITER = "\x01"
LAZY_SIMPLE_NULL = "\\N"


def columns_and_source(table: Table, paths: list[str], has_path: bool) -> tuple[list[str], str]:
    """Select list of the table's own columns and the table function that reads the files."""
    readers = {"csv": _open_csv, "text": _lazy_simple, "json": _json}
    return readers[table.file_format](table, paths, has_path)


def _source(function: str, paths: list[str], options: dict[str, str]) -> str:
    files = ", ".join(text_literal(path_pattern(path)) for path in paths)
    return f"{function}([{files}], {', '.join(f'{name} = {value}' for name, value in options.items())})"


def _csv_options(table: Table, has_path: bool) -> dict[str, str]:
    names = ", ".join(f"{quoted(column.name)}: 'VARCHAR'" for column in table.columns)
    return {
        "auto_detect": "false",
        "header": "false",
        "skip": str(int(table.parameters.get("skip.header.line.count", 0))),
        "columns": f"{{{names}}}",
        "null_padding": "true",
        "strict_mode": "false",
        "hive_partitioning": "false",
        "filename": str(has_path).lower(),
    }


def _open_csv(table: Table, paths: list[str], has_path: bool) -> tuple[list[str], str]:
    """Everything is a text first; an empty one is NULL for other types. A doubled quote is one quote.

    Dates are days and timestamps milliseconds since 1970 (Athena's documentation of the OpenCSVSerDe).
    """
    parameters = table.serde_parameters
    options = _csv_options(table, has_path) | {
        "delim": text_literal(parameters.get("separatorChar", ",")),
        "quote": text_literal(parameters.get("quoteChar", '"')),
        "escape": text_literal(parameters.get("escapeChar", "\\")),
    }
    columns = [_open_csv_column(index, column) for index, column in enumerate(table.columns)]
    return columns, _source("read_csv", paths, options)


def _open_csv_column(index: int, column: Column) -> str:
    name = quoted(column.name)
    target = duckdb_type_of_hive(column.hive_type)
    if target == "TEXT":
        return f"""replace(coalesce({name}, ''), '""', '"') AS {name}"""
    value = f"nullif({name}, '')"
    conversions = {
        "DATE": f"DATE '1970-01-01' + {_converted(index, value, 'INT')}",
        "TIMESTAMP": f"epoch_ms({_converted(index, value, 'BIGINT')})",
    }
    return f"{conversions.get(target) or _converted(index, value, target)} AS {name}"


def _lazy_simple(table: Table, paths: list[str], has_path: bool) -> tuple[list[str], str]:
    parameters = table.serde_parameters
    options = _csv_options(table, has_path) | {
        "delim": text_literal(
            parameters.get("field.delim") or parameters.get("serialization.format") or LAZY_SIMPLE_DELIMITER
        ),
        "quote": text_literal(""),
        "escape": text_literal(""),
        "nullstr": text_literal(parameters.get("serialization.null.format", LAZY_SIMPLE_NULL)),
    }
    columns = []
    for index, column in enumerate(table.columns):
        name, target = quoted(column.name), duckdb_type_of_hive(column.hive_type)
        value = name if target == "TEXT" else _converted(index, f"nullif({name}, '')", target)
        columns.append(f"{value} AS {name}")
    return columns, _source("read_csv", paths, options)


def _converted(index: int, value: str, target: str) -> str:
    converted = f"TRY_CAST({value} AS {target})"
    message = f"'HIVE_BAD_DATA: Error parsing field value ''' || {value} || ''' for field {index}'"
    is_bad = f"{value} IS NOT NULL AND {converted} IS NULL"
    return f"CASE WHEN {is_bad} THEN CAST(error({message}) AS {target}) ELSE {converted} END"


def _json(table: Table, paths: list[str], has_path: bool) -> tuple[list[str], str]:
    types = ", ".join(
        f"{quoted(column.name)}: {text_literal(duckdb_type_of_hive(column.hive_type))}" for column in table.columns
    )
    is_lenient = table.serde_parameters.get("ignore.malformed.json", "").lower() == "true"
    options = {
        "format": "'newline_delimited'",
        "columns": f"{{{types}}}",
        "hive_partitioning": "false",
        "filename": str(has_path).lower(),
        "ignore_errors": str(is_lenient).lower(),
    }
    return [quoted(column.name) for column in table.columns], _source("read_json", paths, options)
