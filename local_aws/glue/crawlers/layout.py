"""Which folders are tables and which are partitions.

A folder is one table when all files below it are alike: same format, same depth, most columns in common (AWS Glue
developer guide, "How does a crawler determine when to create partitions?"). Otherwise its subfolders are looked at.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from local_aws.glue.crawlers.files import DataFile
from local_aws.glue.crawlers.schemas import FileSchema

# Share of the columns that files of one table have in common.
SIMILARITY = 0.7

Schemas = dict[DataFile, FileSchema]


@dataclass(frozen=True)
class TableFiles:
    """The files of a table. `root` is its folder, or the key of a file that is a table of its own."""

    bucket: str
    root: str
    files: list[DataFile]

    @property
    def location(self) -> str:
        return f"s3://{self.bucket}/{self.root}"

    @property
    def partition_names(self) -> list[str]:
        return partition_names(self.root, self.files[0])

    def partitions(self) -> dict[tuple[str, ...], list[DataFile]]:
        """Files by partition values; values in the order of the names."""
        by_values = defaultdict(list)
        for file in self.files:
            by_values[partition_values(self.root, file)].append(file)
        return dict(by_values)


def find_tables(bucket: str, root: str, schemas: Schemas) -> Iterator[TableFiles]:
    """The tables at or below a folder."""
    files = [file for file in schemas if file.key.startswith(root)]
    if not files:
        return
    if are_alike(root, files, schemas):
        yield TableFiles(bucket, root, files)
        return
    direct = [file for file in files if file.folder == root]
    if direct and are_alike(root, direct, schemas):
        yield TableFiles(bucket, root, direct)
    else:
        yield from (TableFiles(bucket, file.key, [file]) for file in direct)
    subfolders = {file.key[len(root) :].partition("/")[0] for file in files if file not in direct}
    for subfolder in sorted(subfolders):
        yield from find_tables(bucket, f"{root}{subfolder}/", schemas)


def are_alike(root: str, files: list[DataFile], schemas: Schemas) -> bool:
    first = files[0]
    names = partition_names(root, first)
    return all(
        schemas[file].kind == schemas[first].kind
        and partition_names(root, file) == names
        and _similarity(schemas[first], schemas[file]) >= SIMILARITY
        for file in files[1:]
    )


def partition_names(root: str, file: DataFile) -> list[str]:
    """Names from `name=value` folders; `partition_0` and so on for others."""
    return [
        folder.partition("=")[0].lower() if "=" in folder else f"partition_{position}"
        for position, folder in enumerate(_partition_folders(root, file))
    ]


def partition_values(root: str, file: DataFile) -> tuple[str, ...]:
    return tuple(
        unquote(folder.partition("=")[2]) if "=" in folder else folder for folder in _partition_folders(root, file)
    )


def _partition_folders(root: str, file: DataFile) -> list[str]:
    below = file.folder[len(root) :]
    return below.rstrip("/").split("/") if below else []


def _similarity(first: FileSchema, second: FileSchema) -> float:
    names, others = set(first.schema.names), set(second.schema.names)
    return len(names & others) / max(len(names | others), 1)
