"""What a query names of an Iceberg table: the table at a version, or one of the tables about it."""

import duckdb
from sqlglot import exp

from local_aws.athena.catalog.tables import Table
from local_aws.athena.iceberg.metadata_tables import MetadataTable, metadata_table
from local_aws.athena.iceberg.scans.table_scan import table_scan
from local_aws.athena.iceberg.tables import TableVersion, current_version
from local_aws.athena.iceberg.time_travel import version_at
from local_aws.athena.queries.reads import Reads
from local_aws.athena.queries.relations import Relation
from local_aws.athena.sql.errors import not_supported

IcebergSource = TableVersion | MetadataTable


def iceberg_source(
    table: Table, pointer: exp.Version | None, metadata_name: str, planner: duckdb.DuckDBPyConnection
) -> IcebergSource:
    """The table as it is, or as the pointer says, or `<table>$<metadata_name>`; raises QueryError."""
    if metadata_name:
        if pointer is not None:
            raise not_supported(f"Time travel of '{table.name}${metadata_name}'")
        return metadata_table(current_version(table), metadata_name)
    return current_version(table) if pointer is None else version_at(table, pointer, planner)


def relation(source: IcebergSource, reads: Reads, hidden: set[str], planner: duckdb.DuckDBPyConnection) -> Relation:
    """The rows that a query reads, with these hidden columns."""
    if isinstance(source, MetadataTable):
        return Relation(rows=source.rows())
    return table_scan(planner, source, reads, hidden)
