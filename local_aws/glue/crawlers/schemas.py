"""The schema of a data file: from a Parquet footer, or from a sample of JSON lines or CSV rows."""

import bz2
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.glue.crawlers.delimited import DelimitedSample, read_delimited
from local_aws.glue.crawlers.errors import CrawlError
from local_aws.glue.crawlers.files import DataFile
from local_aws.glue.crawlers.types import merged_schema, merged_type

SAMPLE_BYTES = 1024 * 1024
SAMPLE_LINES = 1000
COMPRESSIONS = {b"\x1f\x8b": ("gzip", gzip.open), b"BZh": ("bzip2", bz2.open)}
UNREADABLE_MAGIC = {b"ORC": "ORC", b"Obj\x01": "Avro", b"\x28\xb5\x2f\xfd": "Zstandard", b"PK\x03\x04": "a ZIP archive"}
# Of each of these all values are of one type in the catalog: not of integers, nor of what holds others.
TYPES_OF_ONE_KIND = frozenset({str, float, bool, type(None)})


@dataclass(frozen=True)
class FileSchema:
    """What a file holds. Rows of a text file are estimated from the sample; a delimiter marks CSV."""

    classification: str
    schema: pa.Schema
    rows: int
    compression: str = "none"
    delimiter: str | None = None
    has_header: bool = False

    @property
    def kind(self) -> tuple[str, str, str | None, bool]:
        """Files of one table agree in this."""
        return self.classification, self.compression, self.delimiter, self.has_header


@dataclass
class _TextSample:
    lines: list[str] = field(default_factory=list)
    estimated_lines: int = 0


def file_schema(file: DataFile) -> FileSchema | None:
    """The schema, or None for a file of no known format. Raises CrawlError for a format that is known but not read."""
    with file.path.open("rb") as content:
        magic = content.read(4)
    if magic == b"PAR1":
        return _parquet_schema(file)
    for prefix, name in UNREADABLE_MAGIC.items():
        if magic.startswith(prefix):
            raise CrawlError(f"{file.url} is {name}, which the local crawler does not read.")
    return _text_schema(file, magic)


def _parquet_schema(file: DataFile) -> FileSchema:
    try:
        with pq.ParquetFile(file.path) as parquet:
            schema = pa.schema([field.with_name(field.name.lower()) for field in parquet.schema_arrow])
            return FileSchema("parquet", schema, parquet.metadata.num_rows)
    except pa.ArrowInvalid as error:
        raise CrawlError(f"{file.url} is not a whole Parquet file: {error}") from error


def _text_schema(file: DataFile, magic: bytes) -> FileSchema | None:
    compression, open_file = next(
        (reader for prefix, reader in COMPRESSIONS.items() if magic.startswith(prefix)), ("none", open)
    )
    with file.path.open("rb") as raw, open_file(raw, "rb") if open_file is not open else raw as content:
        sample = _sample(raw, content, file.size)
    if not sample.lines:
        return None
    schema = _json_schema(sample.lines)
    if schema:
        return FileSchema("json", schema, sample.estimated_lines, compression)
    delimited = read_delimited(sample.lines)
    return _delimited_schema(delimited, sample, compression) if delimited else None


def _delimited_schema(delimited: DelimitedSample, sample: _TextSample, compression: str) -> FileSchema:
    rows = sample.estimated_lines - delimited.has_header
    return FileSchema("csv", delimited.schema, rows, compression, delimited.delimiter, delimited.has_header)


def _sample(raw: IO[bytes], content: IO[bytes], size: int) -> _TextSample:
    """The first lines, and how many the file may have by the share of its bytes that they took."""
    text = content.read(SAMPLE_BYTES)
    is_whole = not content.read(1)
    try:
        lines = text.decode().splitlines() if is_whole else text[: text.rfind(b"\n") + 1].decode().splitlines()
    except UnicodeDecodeError:
        return _TextSample()
    lines = [line for line in lines if line.strip()]
    estimate = len(lines) if is_whole else round(len(lines) * size / max(raw.tell(), 1))
    return _TextSample(lines[:SAMPLE_LINES], estimate)


def _json_schema(lines: list[str]) -> pa.Schema | None:
    schema = pa.schema([])
    for line in lines:
        try:
            document = json.loads(line)
        except ValueError:
            return None
        if not isinstance(document, dict):
            return None
        fields = [pa.field(name.lower(), _json_type(value)) for name, value in document.items()]
        schema = merged_schema(schema, pa.schema(fields))
    return schema


def _json_type(value: object) -> pa.DataType:
    if value is None:
        return pa.null()
    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, int):
        return pa.int32() if -(2**31) <= value < 2**31 else pa.int64()
    if isinstance(value, float):
        return pa.float64()
    if isinstance(value, dict):
        return pa.struct([pa.field(name, _json_type(item)) for name, item in value.items()])
    if isinstance(value, list):
        item_type = pa.null()
        for item in _of_each_shape(value):
            item_type = merged_type(item_type, _json_type(item))
        return pa.list_(item_type)
    return pa.string()


def _of_each_shape(items: list[object]) -> Iterator[object]:
    """The items without those that are of the same type as one before them: objects with the same names and types of
    values, as there are many.
    """
    shapes = set()
    for item in items:
        types = tuple(map(type, item.values())) if isinstance(item, dict) else ()
        if types and TYPES_OF_ONE_KIND.issuperset(types):
            shape = (*item, *types)
            if shape in shapes:
                continue
            shapes.add(shape)
        yield item
