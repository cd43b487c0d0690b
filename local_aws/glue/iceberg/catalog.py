"""PyIceberg's catalog over the endpoint's own Glue backend, for the engines that run in the endpoint."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException
from moto.glue.models import glue_backends
from pyiceberg.catalog import METADATA_LOCATION, MetastoreCatalog, PropertiesUpdateSummary
from pyiceberg.catalog.glue import _construct_database_input as database_input
from pyiceberg.exceptions import (
    CommitStateUnknownException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchIcebergTableError,
    NoSuchNamespaceError,
    NoSuchPropertyException,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import CommitTableResponse, StagedTable, Table
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.table.update import AssertCreate, AssertRefSnapshotId, TableRequirement, TableUpdate
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties

from local_aws import state
from local_aws.access.catalog import CatalogAccess
from local_aws.glue.iceberg.bucket_files import BucketFileIO
from local_aws.glue.iceberg.table_entries import iceberg_table_input, is_iceberg
from local_aws.glue.lock import glue_lock

if TYPE_CHECKING:
    import pyarrow as pa

    from local_aws.glue.catalog import LocalTable
    from local_aws.glue.models import LocalGlueBackend

P = ParamSpec("P")
R = TypeVar("R")


def iceberg_catalog(account_id: str, region: str) -> "BackendCatalog":
    """The Iceberg tables of an account's Glue catalog in a region; a namespace is a Glue database."""
    return BackendCatalog(account_id, region)


def _in_one_step(
    change: "Callable[Concatenate[BackendCatalog, P], R]",
) -> "Callable[Concatenate[BackendCatalog, P], R]":
    """The change, made under Glue's lock, so that no other request is between its reading and its writing.

    It is on disk when the caller gets its answer. An error means that nothing was changed, but for
    CommitStateUnknownException: a restart may undo the change.
    """

    @wraps(change)
    def changed(catalog: "BackendCatalog", *args: P.args, **kwargs: P.kwargs) -> R:
        with glue_lock:
            result = change(catalog, *args, **kwargs)
        try:
            state.save("glue")
        except Exception as error:
            raise CommitStateUnknownException(f"The change was made and could not be kept: {error}") from error
        return result

    return changed


@contextmanager
def _iceberg_errors(namespace: str, table: str = "") -> Iterator[None]:
    """Glue's errors about a database, or a table in it, as Iceberg's. Without the database there is no table."""
    try:
        yield
    except EntityNotFoundException as error:
        if table:
            raise NoSuchTableError(f"Table does not exist: {namespace}.{table}") from error
        raise NoSuchNamespaceError(f"Database {namespace} does not exist") from error
    except AlreadyExistsException as error:
        if table:
            raise TableAlreadyExistsError(f"Table {namespace}.{table} already exists") from error
        raise NamespaceAlreadyExistsError(f"Database {namespace} already exists") from error


class BackendCatalog(MetastoreCatalog):
    """Commits are checked against their requirements and applied in one step; the loser of two gets
    CommitFailedException. A metadata file is written before the catalog names it, so what is killed in between leaves
    a file that nobody reads.
    """

    def __init__(self, account_id: str, region: str) -> None:
        super().__init__("glue", **{"py-io-impl": f"{BucketFileIO.__module__}.{BucketFileIO.__name__}"})
        self.account_id = account_id
        self.region = region
        self.access = CatalogAccess(account_id, region)

    @property
    def glue(self) -> "LocalGlueBackend":
        return glue_backends[self.account_id][self.region]

    def _get_default_warehouse_location(self, database_name: str, table_name: str) -> str:
        return self._get_hive_style_warehouse_location(database_name, table_name)

    def _load_file_io(self, properties: Properties = EMPTY_DICT, location: str | None = None) -> BucketFileIO:  # noqa: ARG002  PyIceberg's signature
        return BucketFileIO(properties)

    @_in_one_step
    def create_table(
        self,
        identifier: str | Identifier,
        schema: "Schema | pa.Schema",
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Properties = EMPTY_DICT,
    ) -> Table:
        self._check_absent(identifier)
        staged = self._create_staged_table(identifier, schema, location, partition_spec, sort_order, properties)
        self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
        self._add_entry(staged)
        return self.load_table(identifier)

    @_in_one_step
    def register_table(self, identifier: str | Identifier, metadata_location: str) -> Table:
        self._check_absent(identifier)
        namespace, name = self.identifier_to_database_and_table(identifier)
        io = self._load_file_io()
        metadata = FromInputFile.table_metadata(io.new_input(metadata_location))
        self._add_entry(StagedTable((namespace, name), metadata, metadata_location, io, self))
        return self.load_table(identifier)

    def stage_table(
        self,
        identifier: Identifier,
        schema: Schema,
        location: str | None,
        partition_spec: PartitionSpec,
        sort_order: SortOrder,
        properties: Properties,
    ) -> StagedTable:
        """What the table would be; the first commit creates it."""
        self._check_absent(identifier)
        return self._create_staged_table(identifier, schema, location, partition_spec, sort_order, properties)

    def load_table(self, identifier: str | Identifier) -> Table:
        namespace, name = self.identifier_to_database_and_table(identifier, NoSuchTableError)
        self.access.table("GetTable", namespace, name)
        entry = self._entry(namespace, name).table_input
        if not is_iceberg(entry):
            raise NoSuchIcebergTableError(f"{namespace}.{name} is not an Iceberg table")
        metadata_location = entry["Parameters"].get(METADATA_LOCATION)
        if metadata_location is None:
            raise NoSuchPropertyException(f"The entry of {namespace}.{name} has no parameter {METADATA_LOCATION}")
        io = self._load_file_io()
        metadata = FromInputFile.table_metadata(io.new_input(metadata_location))
        return Table((namespace, name), metadata, metadata_location, io, self)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        return self.commit(table.name(), requirements, updates)

    @_in_one_step
    def commit(
        self, identifier: Identifier, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """Apply updates to what the table is at this moment, if that meets the requirements."""
        namespace, name = self.identifier_to_database_and_table(identifier, NoSuchTableError)
        creates = any(isinstance(requirement, AssertCreate) for requirement in requirements)
        try:
            current = self.load_table((namespace, name))
        except NoSuchTableError:
            if not creates or self._is_taken(namespace, name):
                raise
            current = None
        if current and not current.metadata.snapshots:
            requirements = tuple(requirement for requirement in requirements if not _is_of_new_ref(requirement))
        if current:
            self.access.table("UpdateTable", namespace, name)
        staged = self._update_and_stage_table(current, (namespace, name), requirements, updates)
        if current and staged.metadata == current.metadata:
            return CommitTableResponse(metadata=current.metadata, metadata_location=current.metadata_location)
        self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
        if current is None:
            self._add_entry(staged)
        else:
            entry = self._entry(namespace, name)
            table_input = iceberg_table_input(name, staged.metadata, staged.metadata_location, entry.table_input)
            entry.update(table_input, archives=False)
            self._delete_old_metadata(staged.io, current.metadata, staged.metadata)
        return CommitTableResponse(metadata=staged.metadata, metadata_location=staged.metadata_location)

    @_in_one_step
    def drop_table(self, identifier: str | Identifier) -> None:
        namespace, name = self.identifier_to_database_and_table(identifier, NoSuchTableError)
        self.access.table("DeleteTable", namespace, name)
        with _iceberg_errors(namespace, name):
            self.glue.delete_table(namespace, name)

    @_in_one_step
    def rename_table(self, from_identifier: str | Identifier, to_identifier: str | Identifier) -> Table:
        table = self.load_table(from_identifier)
        self._check_absent(to_identifier)
        namespace, name = self.identifier_to_database_and_table(to_identifier)
        entry = self._entry(*table.name()).table_input
        self.access.table("CreateTable", namespace, name)
        self.access.table("DeleteTable", *table.name())
        with _iceberg_errors(namespace, name):
            self.glue.create_table(namespace, name, {**entry, "Name": name})
        self.glue.delete_table(*table.name())
        return self.load_table(to_identifier)

    def list_tables(self, namespace: str | Identifier) -> list[Identifier]:
        return [(table.database_name, table.name) for table in self._tables(namespace) if is_iceberg(table.table_input)]

    def list_all_tables(self, namespace: str) -> list[Identifier]:
        """The namespace's tables in Glue, Iceberg's or not."""
        return [(table.database_name, table.name) for table in self._tables(namespace)]

    @_in_one_step
    def create_namespace(self, namespace: str | Identifier, properties: Properties = EMPTY_DICT) -> None:
        name = self.identifier_to_database(namespace)
        with _iceberg_errors(name):
            self.glue.create_database(name, database_input(name, properties))

    @_in_one_step
    def drop_namespace(self, namespace: str | Identifier) -> None:
        name = self.identifier_to_database(namespace, NoSuchNamespaceError)
        if self._tables(name):
            raise NamespaceNotEmptyError(f"Cannot drop namespace {name}: it holds tables")
        self.glue.delete_database(name)

    def list_namespaces(self, namespace: str | Identifier = ()) -> list[Identifier]:
        return [] if namespace else [(database.name,) for database in self.glue.get_databases()]

    def load_namespace_properties(self, namespace: str | Identifier) -> Properties:
        name = self.identifier_to_database(namespace, NoSuchNamespaceError)
        with _iceberg_errors(name):
            described = self.glue.get_database(name).input
        named = {"location": described.get("LocationUri"), "Description": described.get("Description")}
        return {**(described.get("Parameters") or {}), **{key: value for key, value in named.items() if value}}

    @_in_one_step
    def update_namespace_properties(
        self, namespace: str | Identifier, removals: set[str] | None = None, updates: Properties = EMPTY_DICT
    ) -> PropertiesUpdateSummary:
        current = self.load_namespace_properties(namespace)
        summary, properties = self._get_updated_props_and_update_summary(current, removals, updates)
        name = self.identifier_to_database(namespace)
        self.glue.update_database(name, database_input(name, properties))
        return summary

    def list_views(self, namespace: str | Identifier) -> list[Identifier]:
        raise NotImplementedError("Glue has no Iceberg views")

    def drop_view(self, identifier: str | Identifier) -> None:
        raise NotImplementedError("Glue has no Iceberg views")

    def view_exists(self, identifier: str | Identifier) -> bool:
        raise NotImplementedError("Glue has no Iceberg views")

    def _tables(self, namespace: str | Identifier) -> "list[LocalTable]":
        name = self.identifier_to_database(namespace, NoSuchNamespaceError)
        with _iceberg_errors(name):
            return self.glue.get_tables(name, None)

    def _entry(self, namespace: str, name: str) -> "LocalTable":
        with _iceberg_errors(namespace, name):
            return self.glue.get_table(namespace, name)

    def _is_taken(self, namespace: str, name: str) -> bool:
        """Whether any table of Glue has the name. Raises NoSuchNamespaceError without the database."""
        return name.lower() in {table.name for table in self._tables(namespace)}

    def _check_absent(self, identifier: str | Identifier) -> None:
        namespace, name = self.identifier_to_database_and_table(identifier)
        if self._is_taken(namespace, name):
            raise TableAlreadyExistsError(f"Table {namespace}.{name} already exists")

    def _add_entry(self, staged: Table) -> None:
        namespace, name = staged.name()
        self.access.table("CreateTable", namespace, name)
        self.glue.create_table(namespace, name, iceberg_table_input(name, staged.metadata, staged.metadata_location))


def _is_of_new_ref(requirement: TableRequirement) -> bool:
    """Whether a branch or tag must not exist, which is so in a table without snapshots.

    PyIceberg holds that such a table begins with main. Iceberg's UpdateRequirement.AssertRefSnapshotID does not, and
    Spark begins one with any branch: https://iceberg.apache.org/javadoc/1.10.0/org/apache/iceberg/UpdateRequirement.AssertRefSnapshotID.html
    """
    return isinstance(requirement, AssertRefSnapshotId) and requirement.snapshot_id is None
