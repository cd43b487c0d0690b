"""Partitions that are registered in the catalog, each with a location of its own."""

from collections.abc import Mapping
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from lakehouse_aws.errors import LakeError

MAX_ENTRIES = 100
"""Of BatchCreatePartition and BatchUpdatePartition."""

Values = tuple[str, ...]


class PartitionsHook(AwsBaseHook):
    """The partitions of one table of a Glue database."""

    def __init__(self, *args: Any, database: str, table: str, **kwargs: Any) -> None:
        super().__init__(*args, client_type="glue", **kwargs)
        self.table = {"DatabaseName": database, "TableName": table}

    def locations(self) -> dict[Values, str]:
        pages = self.conn.get_paginator("get_partitions").paginate(**self.table, ExcludeColumnSchema=True)
        return {
            tuple(partition["Values"]): partition["StorageDescriptor"]["Location"]
            for page in pages
            for partition in page["Partitions"]
        }

    def point_to(self, locations: Mapping[Values, str]) -> int:
        """Create or move partitions; those that are in place, and others, stay. Returns the number of changes.

        A partition moves in one step: its readers see the files of one location or of the other.
        """
        existing = self.locations()
        storage = self._storage_descriptor()
        created = [
            _partition_input(values, storage, location)
            for values, location in locations.items()
            if values not in existing
        ]
        moved = [
            {"PartitionValueList": list(values), "PartitionInput": _partition_input(values, storage, location)}
            for values, location in locations.items()
            if existing.get(values, location) != location
        ]
        for entries in _batches(created):
            _check(self.conn.batch_create_partition(**self.table, PartitionInputList=entries))
        for entries in _batches(moved):
            _check(self.conn.batch_update_partition(**self.table, Entries=entries))
        return len(created) + len(moved)

    def _storage_descriptor(self) -> dict[str, Any]:
        table = self.conn.get_table(DatabaseName=self.table["DatabaseName"], Name=self.table["TableName"])
        return table["Table"]["StorageDescriptor"]


def _partition_input(values: Values, storage: dict[str, Any], location: str) -> dict[str, Any]:
    return {"Values": list(values), "StorageDescriptor": storage | {"Location": location}}


def _batches(entries: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [entries[start : start + MAX_ENTRIES] for start in range(0, len(entries), MAX_ENTRIES)]


def _check(answer: dict[str, Any]) -> None:
    """The batch calls answer with the entries that failed instead of failing."""
    errors = answer.get("Errors", [])
    if errors:
        detail = errors[0]["ErrorDetail"]
        raise LakeError(
            f"The catalog refused {len(errors)} partitions: {detail['ErrorCode']}: {detail['ErrorMessage']}"
        )
