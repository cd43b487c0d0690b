"""The data catalog: moto's, with Glue's case folding, checks, filters and optimistic locking."""

import pickle
import re
import zlib
from types import SimpleNamespace
from typing import Any

from moto.glue.exceptions import (
    PartitionAlreadyExistsException,
    TableAlreadyExistsException,
    VersionNotFoundException,
)
from moto.glue.models import FakeDatabase, FakePartition, FakeTable, GlueBackend
from moto.glue.utils import PartitionFilter

from local_aws.glue.exceptions import ConcurrentModificationError, InvalidInputError
from local_aws.state.tracking import Tracked

UNPARAMETRIZED_TYPE = re.compile(r"^[a-z]+")


class LocalTable(Tracked, FakeTable):
    """A table whose partitions have one value per partition key.

    `versions` has the current one as a dictionary and those before it packed: a table may have 100,000 of them
    (https://docs.aws.amazon.com/general/latest/gr/glue.html), of which hardly one is read again.
    """

    @property
    def version_id(self) -> str:
        return str(self._current_version)

    @property
    def table_input(self) -> dict[str, Any]:
        return self.versions[self.version_id]

    @property
    def location(self) -> str:
        return self.table_input.get("StorageDescriptor", {}).get("Location", "")

    def update(self, table_input: dict[str, Any], *, archives: bool = True) -> None:
        """Make this the current version; the one before stays among the versions if it is to be archived."""
        before = self.version_id
        super().update({**table_input, "Name": self.name})
        if archives:
            self.versions[before] = zlib.compress(pickle.dumps(self.versions[before]))
        else:
            del self.versions[before]

    def get_version(self, ver: str) -> dict[str, Any]:
        version = super().get_version(ver)
        return pickle.loads(zlib.decompress(version)) if isinstance(version, bytes) else version  # noqa: S301 - our own

    def delete_version(self, version_id: str) -> None:
        if version_id not in self.versions:
            raise VersionNotFoundException
        if version_id == self.version_id:
            raise InvalidInputError(f"Version {version_id} is the current version of table {self.name}.")
        super().delete_version(version_id)

    def create_partition(self, partiton_input: dict[str, Any]) -> None:
        self._check_values(partiton_input)
        super().create_partition(partiton_input)

    def update_partition(self, old_values: str, partiton_input: dict[str, Any]) -> None:
        self._check_values(partiton_input)
        if old_values != partiton_input["Values"] and str(partiton_input["Values"]) in self.partitions:
            raise PartitionAlreadyExistsException
        super().update_partition(old_values, partiton_input)

    def get_partitions(self, expression: str) -> list[FakePartition]:
        keys = [
            {**key, "Type": UNPARAMETRIZED_TYPE.match(key["Type"]).group()}
            for key in self.table_input.get("PartitionKeys", [])
        ]
        table = SimpleNamespace(versions={self.version_id: {"PartitionKeys": keys}})
        return list(filter(PartitionFilter(expression, table), list(self.partitions.values())))

    def _check_values(self, partition_input: dict[str, Any]) -> None:
        values = partition_input.get("Values", [])
        keys = self.table_input.get("PartitionKeys", [])
        if len(values) != len(keys):
            raise InvalidInputError(
                f"The number of partition values does not match the number of partition keys: table {self.name} "
                f"has {len(keys)}, the partition {len(values)}."
            )


class CatalogBackend(GlueBackend):
    """Databases, tables and partitions. Names are folded to lower case, as Glue stores them."""

    def create_database(
        self, database_name: str, database_input: dict[str, Any], tags: dict[str, str] | None = None
    ) -> FakeDatabase:
        return super().create_database(database_name.lower(), database_input, tags)

    def get_database(self, database_name: str) -> FakeDatabase:
        return super().get_database(database_name.lower())

    def update_database(self, database_name: str, database_input: dict[str, Any]) -> None:
        super().update_database(database_name.lower(), database_input)

    def delete_database(self, database_name: str) -> None:
        super().delete_database(database_name.lower())

    def create_table(
        self,
        database_name: str,
        table_name: str,
        table_input: dict[str, Any],
        open_table_format_input: dict[str, Any] | None = None,
    ) -> LocalTable:
        database = self.get_database(database_name)
        name = table_name.lower()
        if name in database.tables:
            raise TableAlreadyExistsException
        if open_table_format_input:
            # PyIceberg takes a while to import, and few tables are made so.
            from local_aws.glue.iceberg.open_table_format import new_table_input

            place = (self.account_id, self.region_name, database.name, name)
            table_input = new_table_input(*place, table_input, open_table_format_input)
        table = LocalTable(database.name, name, {**table_input, "Name": name}, catalog_id=self.account_id)
        database.tables[name] = table
        return table

    def get_table(self, database_name: str, table_name: str) -> LocalTable:
        return super().get_table(database_name, table_name.lower())

    def delete_table(self, database_name: str, table_name: str) -> None:
        super().delete_table(database_name, table_name.lower())

    def get_tables(self, database_name: str, expression: str | None) -> list[LocalTable]:
        """Tables whose whole name matches the expression, in which a lone `*` is a wildcard."""
        tables = list(self.get_database(database_name).tables.values())
        if not expression:
            return tables
        pattern = re.compile(re.sub(r"(?<![.\])])\*", ".*", expression), re.IGNORECASE)
        return [table for table in tables if pattern.fullmatch(table.name)]

    def update_table(
        self,
        database_name: str,
        table_name: str,
        table_input: dict[str, Any],
        expected_version: str | None = None,
        *,
        archives: bool = True,
    ) -> None:
        """Replace the table's definition in one step. Raises when it is no longer at the expected version."""
        table = self.get_table(database_name, table_name)
        if expected_version is not None and expected_version != table.version_id:
            raise ConcurrentModificationError("Update table failed due to concurrent modifications.")
        table.update(table_input, archives=archives)
