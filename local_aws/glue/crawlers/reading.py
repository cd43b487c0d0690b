"""Reads the schemas of the files under a target."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby

from local_aws.glue.crawlers.files import DataFile
from local_aws.glue.crawlers.layout import Schemas
from local_aws.glue.crawlers.schemas import FileSchema

# The schema of a file, or None for a file of no known format.
ReadFile = Callable[[DataFile], FileSchema | None]


def read_schemas(files: list[DataFile], sample_size: int | None, read_file: ReadFile) -> Schemas:
    """Schemas by file. With a sample size, that many files of each folder are read and stand for the others."""
    schemas: Schemas = {}
    for _, folder_files in groupby(sorted(files, key=lambda file: (file.folder, file.name)), lambda file: file.folder):
        schemas.update(_folder_schemas(list(folder_files), sample_size, read_file))
    return schemas


def _folder_schemas(
    files: list[DataFile], sample_size: int | None, read_file: ReadFile
) -> Iterator[tuple[DataFile, FileSchema]]:
    count = sample_size or len(files)
    read = [(file, schema) for file in files[:count] if (schema := read_file(file))]
    yield from read
    if read:
        known_file, known = read[0]
        for file in files[count:]:
            yield file, replace(known, rows=round(known.rows * file.size / known_file.size))
