"""The Iceberg table that a statement defines or changes."""

from dataclasses import dataclass, replace
from functools import cached_property

from pyiceberg.exceptions import NoSuchPropertyException, NoSuchTableError
from pyiceberg.table import Table as IcebergTable
from sqlglot import exp

from local_aws.athena.catalog.tables import Catalog, Table
from local_aws.athena.executions.session import Session
from local_aws.athena.iceberg.tables import TableVersion
from local_aws.athena.iceberg.types import athena_columns
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.statements.names import table_not_found, written_table
from local_aws.glue.iceberg.catalog import BackendCatalog, iceberg_catalog


@dataclass(frozen=True)
class Target:
    """The catalog's entry, with the columns of the table's current schema, and the table as it was read."""

    entry: Table
    iceberg: IcebergTable

    @property
    def version(self) -> TableVersion:
        """The table as it was read, as a query sees it."""
        iceberg = self.iceberg
        return TableVersion(
            self.entry.database, self.entry.name, iceberg.metadata, iceberg.current_snapshot(), iceberg.schema()
        )

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
        raise table_not_found(entry.database, entry.name) from error
    except (FileNotFoundError, NoSuchPropertyException) as error:
        raise QueryError(
            f"ICEBERG_MISSING_METADATA: Metadata not found in metadata location for table {name}"
        ) from error
    return Target(replace(entry, columns=athena_columns(iceberg.schema()), partition_keys=()), iceberg)


def row_target(session: Session, node: exp.Table) -> Target:
    """The target of UPDATE, DELETE or MERGE; raises QueryError for a table of another kind, as Athena does."""
    entry = written_table(session, node)
    if not entry.is_iceberg:
        raise QueryError("NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables")
    return load_target(session, entry)


def assigned_values(target: Target, assignments: list[exp.Expression]) -> dict[str, exp.Expression]:
    """The new values of SET by column; raises QueryError for a column that is not there or set twice."""
    values: dict[str, exp.Expression] = {}
    for assignment in assignments:
        name = assignment.this.name.lower()
        if name not in target.column_names:
            raise QueryError(f"COLUMN_NOT_FOUND: line 1:1: The UPDATE SET target column {name} doesn't exist")
        if name in values:
            raise QueryError(f"SYNTAX_ERROR: line 1:1: Multiple assignments for column {name}")
        values[name] = assignment.expression.copy()
    return values
