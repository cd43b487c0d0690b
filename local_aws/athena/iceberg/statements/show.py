"""DESCRIBE and SHOW of Iceberg tables, in the layout in which Athena prints them.

Sources: Athena user guide, "DESCRIBE", "SHOW COLUMNS", "SHOW CREATE TABLE" and "SHOW TBLPROPERTIES" of Iceberg tables;
for the layout, what aoyagikouhei/athena-local measured on Athena (its documentation of result files).
"""

from pyiceberg.partitioning import PartitionField
from pyiceberg.schema import Schema

from local_aws.athena.catalog.tables import Table
from local_aws.athena.iceberg.properties import COMMENT, TABLE_TYPE, athena_properties, unknown_property
from local_aws.athena.iceberg.tables import table_metadata
from local_aws.athena.iceberg.types import athena_type
from local_aws.athena.sql.errors import QueryError

_BLANK = "\t\t"


def column_names(table: Table) -> list[str]:
    return [field.name.lower() for field in table_metadata(table).schema().fields]


def describe(table: Table, modifier: str) -> list[str]:
    """Columns and partition fields; with FORMATTED the location and the properties, too. Raises for EXTENDED."""
    if modifier == "EXTENDED":
        raise QueryError("EXTENDED keyword is not supported for Iceberg tables.")
    metadata = table_metadata(table)
    schema = metadata.schema()
    lines = [f"# Table schema:{_BLANK}", "# col_name\tdata_type\tcomment"]
    lines += [
        f"{field.name.lower()}\t{_spaced(athena_type(field.field_type))}\t{field.doc or ''}" for field in schema.fields
    ]
    lines += [_BLANK, f"# Partition spec:{_BLANK}", "# field_name\tfield_transform\tcolumn_name"]
    lines += [
        f"{field.name}\t{field.transform}\t{schema.find_column_name(field.source_id)}"
        for field in metadata.spec().fields
    ]
    if modifier != "FORMATTED":
        return lines
    lines += [_BLANK, f"Name:\ticeberg.{table.database}.{table.name}\t", f"Location:\t{metadata.location}\t"]
    lines += [_BLANK, f"# Table properties:{_BLANK}", "# key\tvalue\t", "format\tPARQUET\t"]
    lines += [_BLANK, f"# Iceberg storage table properties:{_BLANK}", "# key\tvalue\t"]
    return lines + [f"{name}\t{value}\t" for name, value in sorted(metadata.properties.items())]


def _spaced(kind: str) -> str:
    """`decimal(10, 2)`, `map<string, int>`, `struct<a: int>`: Iceberg's spelling."""
    return kind.replace(",", ", ").replace(":", ": ")


def create_table(table: Table) -> list[str]:
    """The statement that would make the table in Athena.

    Raises QueryError for a table with a property that Athena's statement cannot say.
    """
    metadata = table_metadata(table)
    unknown = unknown_property(metadata.properties)
    if unknown is not None:
        raise QueryError(
            f"UNSUPPORTED: Athena cannot reproduce table {table.database}.{table.name}: it has the property {unknown}"
        )
    properties = {TABLE_TYPE: "iceberg"} | athena_properties(metadata.properties)
    schema = metadata.schema()
    columns = [
        f"  {field.name.lower()} {athena_type(field.field_type)}" + (f" {_comment(field.doc)}" if field.doc else "")
        for field in schema.fields
    ]
    lines = [f"CREATE TABLE {table.database}.{table.name} (", *_listed(columns, ")")]
    if metadata.properties.get(COMMENT):
        lines.append(_comment(metadata.properties[COMMENT]))
    if metadata.spec().fields:
        parts = ", ".join(_partition(schema, field) for field in metadata.spec().fields)
        lines.append(f"PARTITIONED BY ({parts})")
    shown = [f"  '{name}'='{value}'" for name, value in properties.items()]
    return [*lines, f"LOCATION '{metadata.location}'", "TBLPROPERTIES (", *_listed(shown, ""), ");"]


def _comment(text: str) -> str:
    return "COMMENT '{}'".format(text.replace("'", "''"))


def properties(table: Table) -> dict[str, str]:
    return athena_properties(table_metadata(table).properties)


def _partition(schema: Schema, field: PartitionField) -> str:
    column = f"`{schema.find_column_name(field.source_id)}`"
    transform, _, width = str(field.transform).rstrip("]").partition("[")
    if transform == "identity":
        return column
    return f"{transform}({width}, {column})" if width else f"{transform}({column})"


def _listed(lines: list[str], end: str) -> list[str]:
    return [*(f"{line}," for line in lines[:-1]), f"{lines[-1]}{end}"]
