"""The Iceberg table that a statement defines or changes."""

from dataclasses import dataclass, replace
from functools import cached_property

from pyiceberg.exceptions import NoSuchPropertyException, NoSuchTableError
from pyiceberg.table import Table as IcebergTable
from sqlglot import exp

from local_aws.athena.catalog.tables import Catalog, Table
from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.types import athena_columns
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.statements.names import table_name
from local_aws.glue.iceberg.catalog import BackendCatalog, iceberg_catalog


@dataclass(frozen=True)
class Target:
    """The catalog's entry, with the columns of the table's current schema, and the table as it was read."""

    entry: Table
    iceberg: IcebergTable

    @cached_property
    def column_names(self) -> list[str]:
        return [column.name for column in self.entry.columns]


def iceberg_tables(catalog: Catalog) -> BackendCatalog:
    return iceberg_catalog(catalog.account_id, catalog.region_name)


def load_target(session: Session, entry: Table) -> Target:
    """The table at its newest metadata; raises QueryError where it has none."""
    name = f"{entry.database}.{entry.name}"
    try:
        iceberg = iceberg_tables(session.catalog).load_table((entry.database, entry.name))
    except NoSuchTableError as error:
        raise QueryError(f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{name}' does not exist") from error
    except (FileNotFoundError, NoSuchPropertyException) as error:
        raise QueryError(
            f"ICEBERG_MISSING_METADATA: Metadata not found in metadata location for table {name}"
        ) from error
    return Target(replace(entry, columns=athena_columns(iceberg.schema()), partition_keys=()), iceberg)


def row_target(session: Session, node: exp.Table) -> Target:
    """The target of UPDATE, DELETE or MERGE; raises QueryError for a table of another kind, as Athena does."""
    database, name = table_name(session, node)
    entry = session.catalog.find_table(database, name)
    if entry is None:
        raise QueryError(f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{database}.{name}' does not exist")
    if not entry.is_iceberg:
        raise QueryError("NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables")
    return load_target(session, entry)
