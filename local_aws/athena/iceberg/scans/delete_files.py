"""Row-level deletes as DuckDB SQL: conditions on the rows of data files that no delete file removes.

Source: Iceberg specification, "Row-level Deletes". The data files' relation is called `data_rows`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.types import NestedField

from local_aws.athena.iceberg.scans.opened_files import OpenedFiles
from local_aws.athena.iceberg.scans.stored_columns import StoredColumns, column_value
from local_aws.athena.iceberg.tables import TableVersion
from local_aws.athena.queries.files import DataFile
from local_aws.athena.sql.errors import not_supported
from local_aws.athena.sql.quoting import path_pattern, quoted, text_literal
from local_aws.settings import endpoint_settings

FILE_COLUMN = "$file"


def read_parquet(files: Iterable[DataFile], is_positioned: bool = False) -> str:
    """DuckDB's reading of these files alone; positioned rows have `$file` and `file_row_number` besides."""
    paths = ", ".join(text_literal(path_pattern(file.path)) for file in files)
    options = f", filename = '{FILE_COLUMN}', file_row_number = true" if is_positioned else ""
    return f"read_parquet([{paths}], hive_partitioning = false{options})"


def position_condition(opened: OpenedFiles, deletes: Iterable[IcebergFile]) -> str:
    """That a positioned row of `data_rows` is in none of these position delete files."""
    buckets = text_literal(f"{endpoint_settings().buckets_directory}/")
    files = sorted((opened.find(file) for file in deletes), key=lambda file: file.path)
    return (
        f"NOT EXISTS (SELECT 1 FROM {read_parquet(files)} AS removed "  # noqa: S608 - literals are quoted
        f"WHERE {buckets} || substr(removed.file_path, strpos(removed.file_path, '://') + 3) = "
        f"data_rows.{quoted(FILE_COLUMN)} AND removed.pos = data_rows.file_row_number)"
    )


def equality_conditions(
    opened: OpenedFiles, deletes: Iterable[IcebergFile], data_columns: StoredColumns
) -> Iterator[str]:
    """That a row of `data_rows`, whose files store these columns, is equal to none in these equality delete files."""
    alike: dict[tuple[tuple[int, ...], StoredColumns], list[DataFile]] = defaultdict(list)
    for delete in deletes:
        file = opened.find(delete)
        alike[tuple(delete.equality_ids), opened.columns(file, delete.file_path)].append(file)
    for (field_ids, delete_columns), files in alike.items():
        fields = [_field(opened.version, field_id) for field_id in field_ids]
        keys = ", ".join(
            f"{column_value(field, delete_columns)} AS {quoted(f'$key_{field.field_id}')}" for field in fields
        )
        matches = " AND ".join(
            f"removed.{quoted(f'$key_{field.field_id}')} IS NOT DISTINCT FROM {column_value(field, data_columns)}"
            for field in fields
        )
        yield f"NOT EXISTS (SELECT 1 FROM (SELECT {keys} FROM {read_parquet(files)}) AS removed WHERE {matches})"  # noqa: S608 - identifiers and literals are quoted


def _field(version: TableVersion, field_id: int) -> NestedField:
    """A field of the table's schema, or of an earlier one when the column was dropped since."""
    schemas = [version.schema, *reversed(version.metadata.schemas)]
    for field in (field for schema in schemas for field in schema.fields):
        if field.field_id == field_id:
            return field
    raise not_supported(f"An equality delete on the nested field {field_id} of {version.database}.{version.name}")
