"""The Glue catalog as the engine sees it: databases and tables in plain dataclasses."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.glue.exceptions import EntityNotFoundException, GlueClientError, PartitionAlreadyExistsException
from moto.glue.models import GlueBackend, glue_backends

from local_aws import state
from local_aws.access.catalog import CatalogAccess
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.glue.lock import glue_lock

CATALOG = "awsdatacatalog"
DEFAULT_DATABASE = "default"

Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Column:
    name: str
    hive_type: str
    comment: str = ""

    @classmethod
    def of(cls, described: dict[str, Any]) -> "Column":
        return cls(described["Name"].lower(), described.get("Type", "string"), described.get("Comment") or "")


@dataclass(frozen=True)
class Table:
    """A table or view of the catalog. `file_format` is parquet, csv, text or json."""

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    serde: str
    serde_parameters: dict[str, str] = field(hash=False)
    parameters: dict[str, str] = field(hash=False)
    table_type: str
    view_text: str
    input_format: str
    output_format: str
    bucket_columns: tuple[str, ...]
    bucket_count: int
    created_at: datetime

    @property
    def is_view(self) -> bool:
        return self.table_type == "VIRTUAL_VIEW"

    @property
    def is_iceberg(self) -> bool:
        return self.parameters.get("table_type", "").upper() == "ICEBERG"

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return self.columns + self.partition_keys

    @property
    def has_projection(self) -> bool:
        return bool(self.partition_keys) and self.parameters.get("projection.enabled", "").lower() == "true"

    @property
    def file_format(self) -> str:
        formats = {
            "ParquetHiveSerDe": "parquet",
            "OpenCSVSerde": "csv",
            "LazySimpleSerDe": "text",
            "JsonSerDe": "json",
            "OpenXJsonSerDe": "json",
        }
        name = self.serde.rpartition(".")[2]
        if name in formats:
            return formats[name]
        if not name and self.parameters.get("classification") in {"parquet", "csv", "json"}:
            return self.parameters["classification"]
        raise not_supported(f"The SerDe '{self.serde}' of table '{self.database}.{self.name}'")


class Catalog:
    """Glue's databases and tables of one account and region, with Athena's errors.

    All that queries read or change of Glue passes here. Reads hold Glue's lock, too: moto's dictionaries may not change
    while they are gone through.
    """

    def __init__(self, account_id: str, region_name: str) -> None:
        self.account_id = account_id
        self.region_name = region_name
        self.access = CatalogAccess(account_id, region_name)

    @property
    def glue(self) -> GlueBackend:
        return glue_backends[self.account_id][self.region_name]

    def has_database(self, name: str) -> bool:
        self.access.database("GetDatabase", name)
        return name == DEFAULT_DATABASE or name in self.glue.databases

    def database_names(self) -> list[str]:
        return list(self.databases())

    def databases(self) -> dict[str, dict[str, Any]]:
        """Glue's descriptions of the databases by their names; an empty one of `default` where nobody has made it."""
        self.access.database("GetDatabases", "*")
        with glue_lock:
            described = {name: database.as_dict() for name, database in self.glue.databases.items()}
        return dict(sorted({DEFAULT_DATABASE: {}, **described}.items()))

    def find_database(self, name: str) -> dict[str, Any] | None:
        """As one of `databases`; None where there is none of this name."""
        self.access.database("GetDatabase", name)
        with glue_lock:
            if name in self.glue.databases:
                return self.glue.databases[name].as_dict()
        return {} if name == DEFAULT_DATABASE else None

    def find_table(self, database: str, name: str) -> Table | None:
        self.access.table("GetTable", database, name)
        with glue_lock:
            try:
                described = self.glue.get_table(database, name).as_dict()
            except EntityNotFoundException:
                return None
        return _table(described)

    def tables(self, database: str) -> list[Table]:
        """Tables and views by their names; none where the database is not there."""
        self.access.table("GetTables", database, "*")
        with glue_lock:
            if database not in self.glue.databases:
                return []
            described = [table.as_dict() for table in self.glue.get_tables(database, "")]
        return sorted(map(_table, described), key=lambda table: table.name)

    def partitions(self, table: Table) -> list[tuple[tuple[str, ...], str]]:
        """Values and location of the table's registered partitions."""
        self.access.table("GetPartitions", table.database, table.name)
        with glue_lock:
            found = [partition.as_dict() for partition in self.glue.get_partitions(table.database, table.name, "")]
        return [
            (
                tuple(map(str, partition["Values"])),
                (partition.get("StorageDescriptor") or {}).get("Location")
                or partition_location(table, tuple(map(str, partition["Values"]))),
            )
            for partition in found
        ]

    def create_database(self, name: str, database_input: dict[str, Any]) -> None:
        self.access.database("CreateDatabase", name)
        self._change(lambda: self.glue.create_database(name, database_input, {}))

    def change_database(self, name: str, change: Change) -> None:
        """Change the DatabaseInput of a database in one step."""
        self.access.database("UpdateDatabase", name)

        def apply() -> None:
            database_input = deepcopy(self.glue.get_database(name).input)
            change(database_input)
            self.glue.update_database(name, database_input)

        self._change(apply)

    def delete_database(self, name: str) -> None:
        self.access.table("DeleteDatabase", name, "*")
        self._change(lambda: self.glue.delete_database(name))

    def create_table(self, database: str, table_input: dict[str, Any]) -> None:
        self.access.table("CreateTable", database, table_input["Name"])
        self.ensure_default_database(database)
        self._change(lambda: self.glue.create_table(database, table_input["Name"], table_input))

    def ensure_default_database(self, database: str) -> None:
        """Create the database `default`, which every catalog has in Athena's eyes, if this is it."""
        with glue_lock:
            if database == DEFAULT_DATABASE and database not in self.glue.databases:
                self.create_database(database, {"Name": database})

    def update_table(self, database: str, table_input: dict[str, Any]) -> None:
        self.access.table("UpdateTable", database, table_input["Name"])
        self._change(lambda: self.glue.update_table(database, table_input["Name"], table_input))

    def change_table(self, table: Table, change: Change) -> None:
        """Change the TableInput of a table in one step."""
        self.access.table("UpdateTable", table.database, table.name)

        def apply() -> None:
            table_input = deepcopy(self.glue.get_table(table.database, table.name).table_input)
            change(table_input)
            self.glue.update_table(table.database, table.name, table_input)

        self._change(apply)

    def delete_table(self, database: str, name: str) -> None:
        self.access.table("DeleteTable", database, name)
        self._change(lambda: self.glue.delete_table(database, name))

    def create_partition(self, table: Table, values: tuple[str, ...], location: str) -> None:
        """Enter a partition; one that another query has entered at the same location meanwhile is as good."""
        self.access.table("BatchCreatePartition", table.database, table.name)

        def create() -> None:
            descriptor = self.glue.get_table(table.database, table.name).as_dict().get("StorageDescriptor") or {}
            partition = {"Values": list(values), "StorageDescriptor": {**descriptor, "Location": location}}
            try:
                self.glue.create_partition(table.database, table.name, partition)
            except PartitionAlreadyExistsException:
                known = self.glue.get_partition(table.database, table.name, list(values)).partition_input
                if (known.get("StorageDescriptor") or {}).get("Location") != location:
                    raise

        self._change(create)

    def change_partition(self, table: Table, values: tuple[str, ...], change: Change) -> None:
        """Change the PartitionInput of a partition, or its values, in one step."""
        self.access.table("UpdatePartition", table.database, table.name)

        def apply() -> None:
            known = self.glue.get_partition(table.database, table.name, list(values))
            partition_input = deepcopy(known.partition_input)
            change(partition_input)
            self.glue.update_partition(table.database, table.name, partition_input, list(values))

        self._change(apply)

    def delete_partition(self, table: Table, values: tuple[str, ...]) -> None:
        self.access.table("DeletePartition", table.database, table.name)
        self._change(lambda: self.glue.delete_partition(table.database, table.name, list(values)))

    @staticmethod
    def _change(action: Callable[[], Any]) -> None:
        try:
            with glue_lock:
                action()
        except GlueClientError as error:
            raise QueryError(f"FAILED: SemanticException {error.message}") from error
        state.save("glue")


def partition_location(table: Table, values: tuple[str, ...]) -> str:
    """Hive's default location of a partition: `<table>/year=2024/month=1/`."""
    path = "/".join(f"{key.name}={value}" for key, value in zip(table.partition_keys, values, strict=True))
    return f"{table.location.rstrip('/')}/{path}/"


def _is_current(column: dict[str, Any]) -> bool:
    """Iceberg's Glue catalog keeps columns of earlier schemas in the entry, marked (its IcebergToGlueConverter)."""
    return (column.get("Parameters") or {}).get("iceberg.field.current") != "false"


def _table(described: dict[str, Any]) -> Table:
    descriptor = described.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    return Table(
        database=described["DatabaseName"],
        name=described["Name"],
        columns=tuple(Column.of(column) for column in descriptor.get("Columns") or [] if _is_current(column)),
        partition_keys=tuple(map(Column.of, described.get("PartitionKeys") or [])),
        location=descriptor.get("Location") or "",
        serde=serde.get("SerializationLibrary") or "",
        serde_parameters=serde.get("Parameters") or {},
        parameters=described.get("Parameters") or {},
        table_type=described.get("TableType") or "EXTERNAL_TABLE",
        view_text=described.get("ViewOriginalText") or "",
        input_format=descriptor.get("InputFormat") or "",
        output_format=descriptor.get("OutputFormat") or "",
        bucket_columns=tuple(descriptor.get("BucketColumns") or ()),
        bucket_count=descriptor.get("NumberOfBuckets") or 0,
        created_at=described["CreateTime"].replace(tzinfo=UTC),
    )
