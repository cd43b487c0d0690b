"""A table of the catalog as a DuckDB query over the files that hold it."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

import pyarrow as pa
from sqlglot import exp

from local_aws.athena.catalog.partitions import Partition
from local_aws.athena.catalog.tables import Column, Table
from local_aws.athena.queries import text_formats
from local_aws.athena.queries.files import DataFile, Footer, data_files, parquet_footer, s3_url
from local_aws.athena.queries.reads import PATH_COLUMN, ROW_POSITION_COLUMN
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.sql.quoting import path_pattern, quoted, text_literal
from local_aws.athena.sql.types import duckdb_type_of_hive, is_readable_as
from local_aws.settings import endpoint_settings
from local_aws.storage import local_path

HIDDEN_TYPES = {PATH_COLUMN: "VARCHAR", ROW_POSITION_COLUMN: "BIGINT"}


@dataclass(frozen=True)
class Relation:
    """DuckDB SQL that yields a table's rows, the files and folders that it reads, and the bytes that reading takes.

    A relation that reads no files has its rows instead.
    """

    sql: str = ""
    places: frozenset[str] = frozenset()
    scanned_bytes: int = 0
    rows: pa.Table | None = None


def table_relation(
    table: Table,
    partitions: list[Partition],
    columns: set[str] | None,
    has_path: bool,
    conditions: Iterable[exp.Expression] = (),
) -> Relation:
    """`columns`: the ones that the query reads, None for all; the others are not checked or counted.

    Row groups whose statistics rule out one of the `conditions` are not read either (Athena user guide, "Use columnar
    storage formats").
    """
    found = [(partition, data_files(partition.location)) for partition in partitions]
    found = [(partition, files) for partition, files in found if files]
    files = [file for _, partition_files in found for file in partition_files]
    if not files:
        return empty_relation(table.all_columns, [PATH_COLUMN] if has_path else [])
    is_parquet = table.file_format == "parquet"
    read = {column.name for column in table.columns} if columns is None else columns
    scanned_bytes = (
        _checked_bytes(table, files, read, wanted_values(conditions))
        if is_parquet
        else sum(file.size_bytes for file in files)
    )
    places = _places(table, partitions)
    if is_parquet and _is_hive_layout(table, found):
        return Relation(_select(table, files, None, has_path), places, scanned_bytes)
    branches = [_select(table, partition_files, partition, has_path) for partition, partition_files in found]
    return Relation("\nUNION ALL ".join(branches), places, scanned_bytes)


def _places(table: Table, partitions: list[Partition]) -> frozenset[str]:
    """The table's folder, and the partitions that lie elsewhere."""
    root = f"{table.location.rstrip('/')}/"
    elsewhere = {partition.location for partition in partitions if not partition.location.startswith(root)}
    return frozenset(str(local_path(location)) for location in (table.location, *elsewhere))


def empty_relation(columns: Iterable[Column], hidden: Iterable[str] = ()) -> Relation:
    """No rows of a table with these columns and hidden columns."""
    types = {column.name: duckdb_type_of_hive(column.hive_type) for column in columns}
    types |= {name: HIDDEN_TYPES[name] for name in hidden}
    values = [f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in types.items()]
    return Relation(f"SELECT {', '.join(values)} WHERE false")


def wanted_values(conditions: Iterable[exp.Expression]) -> dict[str, str]:
    """The texts that columns have to be equal to, by the columns' lower-case names."""
    pairs = [(equal.this, equal.expression) for equal in conditions if isinstance(equal, exp.EQ)]
    return {
        column.name.lower(): literal.name
        for one, other in pairs
        for column, literal in ((one, other), (other, one))
        if isinstance(column, exp.Column) and isinstance(literal, exp.Literal) and literal.is_string
    }


def _checked_bytes(table: Table, files: list[DataFile], columns: set[str], wanted: dict[str, str]) -> int:
    total = 0
    declared = [column for column in table.columns if column.name in columns]
    for file in files:
        footer = parquet_footer(file)
        groups = [
            group for group in footer.row_groups if all(group.may_hold(*condition) for condition in wanted.items())
        ]
        for column in declared:
            stored = footer.field(column.name)
            if stored is not None and not is_readable_as(stored.type, column.hive_type):
                raise QueryError(
                    f"HIVE_BAD_DATA: Field {column.name}'s type {str(stored.type).upper()} in parquet file "
                    f"{s3_url(file.path)} is incompatible with type {column.hive_type} defined in table schema"
                )
            total += sum(group.column_bytes.get(column.name, 0) for group in groups)
    return total


def _is_hive_layout(table: Table, found: list[tuple[Partition, list[DataFile]]]) -> bool:
    """Whether DuckDB itself finds the partition values in the paths: `…/year=2024/month=1/`."""
    names = [key.name for key in table.partition_keys]
    taken = {column.name for column in table.columns}
    for partition, files in found:
        pairs = [part.partition("=") for part in files[0].path.split("/")[1:-1] if "=" in part]
        named = [(name, unquote(value)) for name, _, value in pairs]
        others = {name.lower() for name, _ in named[: len(named) - len(names)]}
        if named[len(named) - len(names) :] != list(zip(names, partition.values, strict=True)):
            return False
        if others & (taken | set(names)):
            return False
    return True


def _select(table: Table, files: list[DataFile], partition: Partition | None, has_path: bool) -> str:
    """Rows of files of one partition, or of all of them when `partition` is None: then paths give the values."""
    if table.file_format == "parquet":
        columns, source = _parquet(table, files, partition, has_path)
    else:
        columns, source = text_formats.columns_and_source(table, [file.path for file in files], has_path)
    if partition is not None:
        columns += [_constant(key, value) for key, value in zip(table.partition_keys, partition.values, strict=True)]
    if has_path:
        prefix_length = len(str(endpoint_settings().buckets_directory)) + 2
        columns.append(f"'s3://' || substr(filename, {prefix_length}) AS {quoted(PATH_COLUMN)}")
    return f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608 - identifiers and literals are quoted


def _constant(key: Column, value: str | None) -> str:
    literal = "NULL" if value is None else text_literal(value)
    return f"CAST({literal} AS {duckdb_type_of_hive(key.hive_type)}) AS {quoted(key.name)}"


def _parquet(table: Table, files: list[DataFile], partition: Partition | None, has_path: bool) -> tuple[list[str], str]:
    footers = [parquet_footer(file) for file in files]
    stored = {field.name.lower() for footer in footers for field in footer.schema}
    columns = [_parquet_column(column, column.name in stored) for column in table.columns]
    options = {"hive_partitioning": "false", "filename": str(has_path).lower()}
    if _differ(footers):
        options["union_by_name"] = "true"
    if any(_is_undeclared_text(column, footers) for column in table.columns):
        options["binary_as_string"] = "true"
    if partition is None and table.partition_keys:
        types = ", ".join(f"{quoted(key.name)}: {duckdb_type_of_hive(key.hive_type)}" for key in table.partition_keys)
        options |= {"hive_partitioning": "true", "hive_types": f"{{{types}}}"}
        columns += [quoted(key.name) for key in table.partition_keys]
    paths = ", ".join(text_literal(path_pattern(file.path)) for file in files)
    settings = ", ".join(f"{name} = {value}" for name, value in options.items())
    return columns, f"read_parquet([{paths}], {settings})"


def _parquet_column(column: Column, is_stored: bool) -> str:
    value = quoted(column.name) if is_stored else "NULL"
    return f"CAST({value} AS {duckdb_type_of_hive(column.hive_type)}) AS {quoted(column.name)}"


def _differ(footers: Iterable[Footer]) -> bool:
    first, *others = footers
    return any(not footer.schema.equals(first.schema) for footer in others)


def _is_undeclared_text(column: Column, footers: list[Footer]) -> bool:
    """A text whose Parquet column lacks the UTF-8 annotation, as some writers leave it."""
    if column.hive_type != "string":
        return False
    fields = (footer.field(column.name) for footer in footers)
    return any(field is not None and str(field.type) in {"binary", "large_binary"} for field in fields)
