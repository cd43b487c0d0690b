"""The operations of the Iceberg REST protocol over the catalog. Each returns the answer's body, or None without one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from pyiceberg.catalog.rest import CreateTableRequest, RegisterTableRequest, TableResponse
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.table import Table
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import IcebergBaseModel, Identifier

from local_aws.glue.iceberg.catalog import BackendCatalog

NAMESPACE_SEPARATOR = "\x1f"
# org.apache.iceberg.aws.glue.IcebergToGlueConverter: what GlueCatalog takes for names of databases and tables.
GLUE_CATALOG_NAMES = (re.compile("[a-z0-9_]{1,252}"), re.compile("[a-z0-9_]{1,255}"))


class PurgeRefusedError(Exception):
    """Source: duckdb/duckdb-iceberg issue 785, which quotes Glue's answer."""

    def __init__(self) -> None:
        super().__init__("PurgeRequested cannot be true for Glue iceberg tables.")


@dataclass(frozen=True)
class Call:
    """A request: the names in its path, its query, its body, and whether it has the limits of Glue's own REST API."""

    catalog: BackendCatalog
    names: dict[str, str]
    query: Mapping[str, str]
    body: bytes
    is_glue_api: bool

    @property
    def levels(self) -> Identifier:
        return tuple(self.names["namespace"].split(NAMESPACE_SEPARATOR))

    @property
    def namespace(self) -> str:
        return single_level(self.levels)

    @property
    def table(self) -> Identifier:
        """A name of more levels is no table's; clients ask so for metadata tables, such as `facts.snapshots`."""
        if not self.takes(self.levels[-1], self.names["table"]):
            raise NoSuchTableError(f"GlueCatalog knows no table {'.'.join([*self.levels, self.names['table']])}")
        return *self.levels, self.names["table"]

    def new_name(self, *names: str) -> Identifier:
        """The name of a namespace, or of a namespace and a table, that is to be made."""
        if not self.takes(*names):
            raise ValueError(f"GlueCatalog refuses the name {'.'.join(names)}: use lower-case letters, digits and _")
        return names

    def takes(self, *names: str) -> bool:
        return self.is_glue_api or all(map(re.Pattern.fullmatch, GLUE_CATALOG_NAMES, names))


class _Namespace(IcebergBaseModel):
    namespace: Identifier
    properties: dict[str, str] = Field(default_factory=dict)


class _NamespaceChange(IcebergBaseModel):
    removals: set[str] = Field(default_factory=set)
    updates: dict[str, str] = Field(default_factory=dict)


class _NewTable(CreateTableRequest):
    """The protocol lets clients leave out what PyIceberg's own always sends."""

    location: str | None = None
    partition_spec: PartitionSpec | None = Field(alias="partition-spec", default=None)
    write_order: SortOrder | None = Field(alias="write-order", default=None)


class _TableName(IcebergBaseModel):
    namespace: Identifier
    name: str


class _Renaming(IcebergBaseModel):
    source: _TableName
    destination: _TableName


class _Commit(IcebergBaseModel):
    requirements: tuple[TableRequirement, ...] = ()
    updates: tuple[TableUpdate, ...] = ()


def single_level(namespace: Identifier) -> str:
    if len(namespace) != 1:
        raise NoSuchNamespaceError(f"Glue has namespaces of one level, not {'.'.join(namespace)}")
    return namespace[0]


def list_namespaces(call: Call) -> dict[str, Any]:
    parent = call.query.get("parent")
    return {"namespaces": [] if parent else call.catalog.list_namespaces()}


def create_namespace(call: Call) -> dict[str, Any]:
    wanted = _Namespace.model_validate_json(call.body)
    call.catalog.create_namespace(call.new_name(single_level(wanted.namespace)), wanted.properties)
    return {"namespace": wanted.namespace, "properties": wanted.properties}


def load_namespace(call: Call) -> dict[str, Any]:
    return {"namespace": [call.namespace], "properties": call.catalog.load_namespace_properties(call.namespace)}


def namespace_exists(call: Call) -> None:
    load_namespace(call)


def drop_namespace(call: Call) -> None:
    call.catalog.drop_namespace(call.namespace)


def update_namespace(call: Call) -> dict[str, Any]:
    change = _NamespaceChange.model_validate_json(call.body)
    summary = call.catalog.update_namespace_properties(call.namespace, change.removals, change.updates)
    return {"removed": summary.removed, "updated": summary.updated, "missing": summary.missing}


def list_tables(call: Call) -> dict[str, Any]:
    """Through Glue's API all tables, Iceberg's or not; GlueCatalog lists those of Iceberg."""
    list_names = call.catalog.list_all_tables if call.is_glue_api else call.catalog.list_tables
    return {"identifiers": [{"namespace": [space], "name": name} for space, name in list_names(call.namespace)]}


def create_table(call: Call) -> str:
    """Glue's API cannot stage a table, so there is no CREATE TABLE AS SELECT through it."""
    wanted = _NewTable.model_validate_json(call.body)
    if wanted.stage_create and call.is_glue_api:
        raise NotImplementedError("Glue's Iceberg REST API does not support CreateTable with stage-create.")
    create = call.catalog.stage_table if wanted.stage_create else call.catalog.create_table
    table = create(
        call.new_name(call.namespace, wanted.name),
        wanted.table_schema,
        wanted.location,
        wanted.partition_spec or UNPARTITIONED_PARTITION_SPEC,
        wanted.write_order or UNSORTED_SORT_ORDER,
        wanted.properties,
    )
    return _described(table.metadata, None if wanted.stage_create else table.metadata_location)


def load_table(call: Call) -> str:
    return _loaded(call.catalog.load_table(call.table))


def table_exists(call: Call) -> None:
    call.catalog.load_table(call.table)


def commit_table(call: Call) -> str:
    commit = _Commit.model_validate_json(call.body)
    done = call.catalog.commit(call.table, commit.requirements, commit.updates)
    return _described(done.metadata, done.metadata_location)


def drop_table(call: Call) -> None:
    """Glue's API never removes the files of a table in S3, and refuses to be asked for it."""
    is_purge = call.query.get("purgeRequested", "false").lower() == "true"
    if is_purge and call.is_glue_api:
        raise PurgeRefusedError
    (call.catalog.purge_table if is_purge else call.catalog.drop_table)(call.table)


def register_table(call: Call) -> str:
    wanted = RegisterTableRequest.model_validate_json(call.body)
    name = call.new_name(call.namespace, wanted.name)
    return _loaded(call.catalog.register_table(name, wanted.metadata_location))


def rename_table(call: Call) -> None:
    names = _Renaming.model_validate_json(call.body)
    source, destination = ((single_level(table.namespace), table.name) for table in (names.source, names.destination))
    call.catalog.rename_table(source, call.new_name(*destination))


def _loaded(table: Table) -> str:
    return _described(table.metadata, table.metadata_location)


def _described(metadata: Any, metadata_location: str | None) -> str:
    answer = TableResponse(metadata=metadata, **{"metadata-location": metadata_location})
    return answer.model_dump_json(by_alias=True, exclude_none=True)
