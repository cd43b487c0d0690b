"""The files that a plan names, where they lie and which columns they store."""

import os
import stat
from functools import cached_property
from pathlib import Path

from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.manifest import FileFormat

from local_aws.access.objects import authorize_object
from local_aws.athena.iceberg.scans.stored_columns import StoredColumns, mapped_columns, stored_columns
from local_aws.athena.iceberg.tables import TableVersion
from local_aws.athena.queries.files import DataFile
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.storage import local_path

NAME_MAPPING = "schema.name-mapping.default"


class OpenedFiles:
    """Finds the files of one version of a table; `places` are the folders in which it found some."""

    def __init__(self, version: TableVersion) -> None:
        self.version = version
        self.folders: dict[str, Path] = {}

    @property
    def places(self) -> frozenset[str]:
        """The table's own folder, and the folders of files that lie elsewhere."""
        root = str(self._folder(self.version.metadata.location.rstrip("/")))
        found = {str(folder) for folder in self.folders.values()}
        return frozenset({root, *(folder for folder in found if not folder.startswith(f"{root}/"))})

    def find(self, file: IcebergFile) -> DataFile:
        """The file on disk; raises QueryError for one that is gone, or no Parquet."""
        if file.file_format != FileFormat.PARQUET:
            raise not_supported(f"The {file.file_format.name} file {file.file_path} of an Iceberg table")
        authorize_object("s3:GetObject", file.file_path)
        folder, _, name = file.file_path.rpartition("/")
        path = f"{self._folder(folder)}/{name}"
        try:
            status = os.lstat(path)
        except FileNotFoundError as error:
            raise _cannot_open(file.file_path, "the object does not exist") from error
        if not stat.S_ISREG(status.st_mode):
            raise _cannot_open(file.file_path, "it is no object")
        return DataFile(path, status.st_size, status.st_mtime_ns)

    def columns(self, file: DataFile, url: str) -> StoredColumns:
        found = stored_columns(file)
        if found is not None:
            return found
        mapping = self._name_mapping
        if mapping is None:
            raise QueryError(
                f"ICEBERG_BAD_DATA: {url} has no Iceberg field ids, and table {self.version.database}."
                f"{self.version.name} has no property {NAME_MAPPING} that names its columns"
            )
        return mapped_columns(file, mapping)

    @cached_property
    def _name_mapping(self) -> str | None:
        return self.version.metadata.properties.get(NAME_MAPPING)

    def _folder(self, url: str) -> Path:
        if url not in self.folders:
            try:
                self.folders[url] = local_path(url)
            except ValueError as error:
                raise _cannot_open(url, str(error)) from error
        return self.folders[url]


def _cannot_open(url: str, reason: str) -> QueryError:
    return QueryError(f"ICEBERG_CANNOT_OPEN_SPLIT: Error opening Iceberg split {url}: {reason}")
