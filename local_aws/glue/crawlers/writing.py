"""Writes what a crawl found to the catalog, by the crawler's schema change policy."""

import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from local_aws.access.catalog import CatalogAccess
from local_aws.glue.catalog import CatalogBackend, LocalTable
from local_aws.glue.crawlers.iceberg import IcebergFolder
from local_aws.glue.crawlers.layout import Schemas
from local_aws.glue.crawlers.model import CrawlChanges
from local_aws.glue.crawlers.tables import CrawledTable, counts, distinct_table_name
from local_aws.glue.exceptions import EntityNotFoundException
from local_aws.glue.lock import glue_lock

DEPRECATED = "DEPRECATED_BY_CRAWLER"


class CatalogWriter:
    """Each change of a table is one step for readers of the catalog."""

    def __init__(
        self, backend: CatalogBackend, policy: dict[str, str], changes: CrawlChanges, log: Callable[[str], None]
    ) -> None:
        self._backend = backend
        self._access = CatalogAccess(backend.account_id, backend.region_name)
        self._updates = policy["UpdateBehavior"] == "UPDATE_IN_DATABASE"
        self._delete_behavior = policy["DeleteBehavior"]
        self._changes = changes
        self._log = log

    def write_table(self, database: str, name: str, crawled: CrawledTable, schemas: Schemas) -> str:
        """Create or update the table of a crawled location and return its name.

        A table of that name but another location is left alone: the crawled one gets a name of its own.
        """
        with glue_lock:
            name, table = self._place(database, name, crawled.table_files.location)
            if table is None:
                self._access.table("CreateTable", database, name)
                table = self._backend.create_table(database, name, crawled.table_input(name))
                self._record("TABLE", "ADD", f"{database}.{name}")
            elif self._updates:
                self._update(table, crawled, crawled.columns, _partition_keys(table, crawled))
            else:
                self._log(f"INFO : Table {database}.{name} is left as it is by the policy LOG")
            self._write_partitions(table, crawled, schemas)
        return name

    def write_iceberg_table(self, database: str, name: str, folder: IcebergFolder, crawler_name: str) -> str:
        """Register an Iceberg table, or bring the entry that this crawler made up to its latest metadata."""
        with glue_lock:
            name, table = self._place(database, name, folder.url)
            if table is None:
                self._access.table("CreateTable", database, name)
                self._backend.create_table(database, name, folder.table_input(name, crawler_name))
                self._record("TABLE", "ADD", f"{database}.{name}")
                return name
            parameters = table.table_input.get("Parameters", {})
            if parameters.get("UPDATED_BY_CRAWLER") != crawler_name:
                self._log(f"INFO : Table {database}.{name} is kept in the catalog by another writer")
            elif not self._updates:
                self._log(f"INFO : Table {database}.{name} is left as it is by the policy LOG")
            elif not folder.follows(parameters["metadata_location"]):
                self._log(f"WARN : {folder.metadata_location} does not follow the metadata of {database}.{name}")
            elif parameters["metadata_location"] != folder.metadata_location or DEPRECATED in parameters:
                table_input = folder.table_input(name, crawler_name, table.table_input)
                table_input["Parameters"].pop(DEPRECATED, None)
                self._access.table("UpdateTable", database, name)
                table.update(table_input)
                self._record("TABLE", "UPDATE", f"{database}.{name}")
        return name

    def refresh_table(self, table: LocalTable, crawled: CrawledTable, schemas: Schemas) -> None:
        """Bring a table of the catalog up to its files: changed and further columns, partitions of its location."""
        if self._updates:
            columns = _merged_columns(table.table_input["StorageDescriptor"].get("Columns", []), crawled.columns)
            keys = {key["Name"].lower() for key in table.table_input.get("PartitionKeys", [])}
            columns = [column for column in columns if column["Name"] not in keys]
            self._update(table, crawled, columns, table.table_input.get("PartitionKeys", []))
        self._write_partitions(table, crawled, schemas)

    def remove_vanished(self, database: str, crawler_name: str, roots: list[str], present: set[str]) -> None:
        """Treat tables that earlier crawls of the crawler made and that have no files by the delete policy."""
        self._access.table("GetTables", database, "*")
        with glue_lock:
            for table in self._backend.get_tables(database, None):
                parameters = table.table_input.get("Parameters", {})
                is_own = parameters.get("UPDATED_BY_CRAWLER") == crawler_name and table.location.startswith(
                    tuple(roots)
                )
                if is_own and table.name not in present:
                    self._remove_table(table)

    def _remove_table(self, table: LocalTable) -> None:
        name = f"{table.database_name}.{table.name}"
        if self._delete_behavior == "DELETE_FROM_DATABASE":
            self._access.table("DeleteTable", table.database_name, table.name)
            self._backend.delete_table(table.database_name, table.name)
            self._record("TABLE", "DELETE", name)
        elif self._delete_behavior == "LOG":
            self._log(f"INFO : Table {name} has no files at {table.location}; it is left as it is by the policy LOG")
        elif DEPRECATED not in table.table_input["Parameters"]:
            parameters = {**table.table_input["Parameters"], DEPRECATED: str(int(time.time() * 1000))}
            self._access.table("UpdateTable", table.database_name, table.name)
            table.update({**table.table_input, "Parameters": parameters})
            self._record("TABLE", "UPDATE", name)

    def _place(self, database: str, name: str, location: str) -> tuple[str, LocalTable | None]:
        """The name for a table of this location, and the table if it is there."""
        table = self._find(database, name)
        if table and table.location.rstrip("/") != location.rstrip("/"):
            name = distinct_table_name(name, location)
            table = self._find(database, name)
        return name, table

    def _find(self, database: str, name: str) -> LocalTable | None:
        self._access.table("GetTable", database, name)
        try:
            return self._backend.get_table(database, name)
        except EntityNotFoundException:
            self._backend.get_database(database)
            return None

    def _update(
        self,
        table: LocalTable,
        crawled: CrawledTable,
        columns: list[dict[str, Any]],
        partition_keys: list[dict[str, Any]],
    ) -> None:
        table_input = deepcopy(table.table_input)
        parameters = {**table_input.get("Parameters", {}), **crawled.parameters}
        parameters.pop(DEPRECATED, None)
        table_input["Parameters"] = parameters
        table_input["PartitionKeys"] = partition_keys
        table_input["StorageDescriptor"]["Columns"] = columns
        if table_input != table.table_input:
            self._access.table("UpdateTable", table.database_name, table.name)
            table.update(table_input)
            self._record("TABLE", "UPDATE", f"{table.database_name}.{table.name}")

    def _write_partitions(self, table: LocalTable, crawled: CrawledTable, schemas: Schemas) -> None:
        keys = [key["Name"].lower() for key in table.table_input.get("PartitionKeys", [])]
        names = crawled.table_files.partition_names
        if not keys:
            return
        if len(keys) != len(names) or any(
            name not in (key, f"partition_{i}") for i, (key, name) in _pairs(keys, names)
        ):
            self._log(f"WARN : The folders of {table.location} do not fit the partition keys {', '.join(keys)}")
            return
        self._access.table("GetPartitions", table.database_name, table.name)
        found = crawled.table_files.partitions()
        for values, files in found.items():
            location = f"s3://{files[0].bucket}/{files[0].folder}"
            self._write_partition(table, list(values), location, counts(files, schemas))
        self._remove_partitions(table, {str(list(values)) for values in found})

    def _write_partition(
        self, table: LocalTable, values: list[str], location: str, file_counts: dict[str, str]
    ) -> None:
        descriptor = {**deepcopy(table.table_input["StorageDescriptor"]), "Location": location}
        parameters = {**table.table_input.get("Parameters", {}), **file_counts}
        partition_input = {"Values": values, "StorageDescriptor": descriptor, "Parameters": parameters}
        name = f"{table.database_name}.{table.name}{values}"
        known = table.partitions.get(str(values))
        if known is None:
            self._access.table("BatchCreatePartition", table.database_name, table.name)
            table.create_partition(partition_input)
            self._record("PARTITION", "ADD", name)
        elif _describes_otherwise(known.partition_input, partition_input, self._updates):
            self._access.table("BatchUpdatePartition", table.database_name, table.name)
            table.update_partition(values, partition_input)
            self._record("PARTITION", "UPDATE", name)

    def _remove_partitions(self, table: LocalTable, present: set[str]) -> None:
        for key in [key for key in table.partitions if key not in present]:
            name = f"{table.database_name}.{table.name}{key}"
            if self._delete_behavior == "DELETE_FROM_DATABASE":
                self._access.table("BatchDeletePartition", table.database_name, table.name)
                del table.partitions[key]
                self._record("PARTITION", "DELETE", name)
            else:
                self._log(f"INFO : Partition {name} has no files; it is left as it is")

    def _record(self, kind: str, change: str, name: str) -> None:
        self._changes.record(kind, change, name)
        self._log(f"INFO : {change} {kind} {name}")


def _pairs(keys: list[str], names: list[str]) -> enumerate:
    return enumerate(zip(keys, names, strict=True))


def _partition_keys(table: LocalTable, crawled: CrawledTable) -> list[dict[str, Any]]:
    """The table's own keys while it has partitions or has the crawled names already; their types are kept."""
    keys = table.table_input.get("PartitionKeys", [])
    names = crawled.table_files.partition_names
    if table.partitions or [key["Name"] for key in keys] == names:
        return keys
    return [{"Name": name, "Type": "string"} for name in names]


def _merged_columns(known: list[dict[str, Any]], crawled: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The known columns in their order with the types that were found, then the columns that were not known."""
    types = {column["Name"]: column["Type"] for column in crawled}
    names = {column["Name"].lower() for column in known}
    kept = [{**column, "Type": types.get(column["Name"].lower(), column["Type"])} for column in known]
    return kept + [column for column in crawled if column["Name"] not in names]


def _describes_otherwise(known: dict[str, Any], found: dict[str, Any], updates: bool) -> bool:
    """A location is always brought up to date; the schema and the counts where the policy updates."""
    if known["StorageDescriptor"].get("Location", "").rstrip("/") != found["StorageDescriptor"]["Location"].rstrip("/"):
        return True
    return updates and (
        known["StorageDescriptor"].get("Columns") != found["StorageDescriptor"]["Columns"]
        or known.get("Parameters", {}).get("recordCount") != found["Parameters"]["recordCount"]
    )
