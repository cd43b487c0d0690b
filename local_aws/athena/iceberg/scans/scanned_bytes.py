"""What reading planned files takes: the columns that a query names, of the row groups that may hold what it wants."""

from collections.abc import Iterator

from pyiceberg.conversions import to_bytes
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.schema import Schema

from local_aws.athena.iceberg.scans.planning import metrics_filter
from local_aws.athena.iceberg.scans.stored_columns import StoredColumns
from local_aws.athena.iceberg.types import athena_type
from local_aws.athena.queries.files import DataFile, RowGroup, parquet_footer, s3_url
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.sql.types import is_readable_as


class ScannedBytes:
    """Counts files of one version of a table for one query; `columns` are lower-case names, None for all."""

    def __init__(self, schema: Schema, row_filter: BooleanExpression, columns: set[str] | None) -> None:
        self.read = [field for field in schema.fields if columns is None or field.name.lower() in columns]
        self.bounded = [field for field in schema.fields if field.field_type.is_primitive]
        self.may_hold = None if row_filter == AlwaysTrue() else metrics_filter(schema, row_filter)
        self.names: dict[StoredColumns, list[str]] = {}

    def of(self, file: DataFile, columns: StoredColumns) -> int:
        """Raises QueryError for a column whose stored type cannot be read as the table's."""
        if columns not in self.names:
            self.names[columns] = list(self._stored_names(file, columns))
        groups = parquet_footer(file).row_groups
        if self.may_hold is not None:
            groups = [group for group in groups if self.may_hold(self._as_file(group, columns))]
        return sum(group.column_bytes.get(name, 0) for group in groups for name in self.names[columns])

    def _stored_names(self, file: DataFile, columns: StoredColumns) -> Iterator[str]:
        """Lower-case names of the columns that are read."""
        for field in self.read:
            stored, declared = columns.by_id.get(field.field_id), athena_type(field.field_type)
            if stored is None:
                continue
            if not is_readable_as(stored.kind, declared):
                raise QueryError(
                    f"ICEBERG_BAD_DATA: Field {field.name}'s type {str(stored.kind).upper()} in parquet file "
                    f"{s3_url(file.path)} is incompatible with type {declared} defined in table schema"
                )
            yield stored.name.lower()

    def _as_file(self, group: RowGroup, columns: StoredColumns) -> IcebergFile:
        """A row group is asked as files are: by the bounds of its columns."""
        bounds = [
            (field, group.bounds[stored.name.lower()])
            for field in self.bounded
            if (stored := columns.by_id.get(field.field_id)) and stored.name.lower() in group.bounds
        ]
        lower, upper = (
            {field.field_id: to_bytes(field.field_type, pair[end]) for field, pair in bounds} for end in (0, 1)
        )
        return IcebergFile.from_args(record_count=1, lower_bounds=lower, upper_bounds=upper)
