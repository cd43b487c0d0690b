"""What reading planned files takes: the columns that a query names, of the row groups that may hold what it wants."""

from pyiceberg.conversions import to_bytes
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.schema import Schema

from local_aws.athena.errors import QueryError
from local_aws.athena.files import DataFile, RowGroup, parquet_footer, s3_url
from local_aws.athena.hive_types import is_readable_as
from local_aws.athena.iceberg.planning import metrics_filter
from local_aws.athena.iceberg.stored_columns import StoredColumns
from local_aws.athena.iceberg.types import athena_type


class ScannedBytes:
    """Counts files of one version of a table for one query; `columns` are lower-case names, None for all."""

    def __init__(self, schema: Schema, row_filter: BooleanExpression, columns: set[str] | None) -> None:
        self.read = {
            field.field_id: field for field in schema.fields if columns is None or field.name.lower() in columns
        }
        self.filtered = {field.field_id: field for field in schema.fields if field.field_type.is_primitive}
        self.may_hold = None if row_filter == AlwaysTrue() else metrics_filter(schema, row_filter)

    def of(self, file: DataFile, columns: StoredColumns) -> int:
        """Raises QueryError for a column whose stored type cannot be read as the table's."""
        footer = parquet_footer(file)
        stored = [
            (column.name.lower(), self.read[column.field_id]) for column in columns if column.field_id in self.read
        ]
        for name, field in stored:
            kind, declared = footer.field(name).type, athena_type(field.field_type)
            if not is_readable_as(kind, declared):
                raise QueryError(
                    f"ICEBERG_BAD_DATA: Field {field.name}'s type {str(kind).upper()} in parquet file "
                    f"{s3_url(file.path)} is incompatible with type {declared} defined in table schema"
                )
        groups = [group for group in footer.row_groups if self._may_hold(group, columns)]
        return sum(group.column_bytes.get(name, 0) for group in groups for name, _ in stored)

    def _may_hold(self, group: RowGroup, columns: StoredColumns) -> bool:
        """Row groups are asked as files are: by the bounds of their columns."""
        if self.may_hold is None:
            return True
        bounds = {
            field: group.bounds[column.name.lower()]
            for column in columns
            if (field := self.filtered.get(column.field_id)) and column.name.lower() in group.bounds
        }
        lower, upper = (
            {field.field_id: to_bytes(field.field_type, pair[end]) for field, pair in bounds.items()} for end in (0, 1)
        )
        return self.may_hold(IcebergFile.from_args(record_count=1, lower_bounds=lower, upper_bounds=upper))
