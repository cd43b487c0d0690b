"""Writes a query's rows as files of a location: staged first, then renamed into place, removed when a step fails."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from local_aws.access.objects import authorize_object
from local_aws.athena.executions.session import Session
from local_aws.athena.queries.files import s3_url
from local_aws.athena.sql.errors import QueryError, not_supported
from local_aws.athena.sql.quoting import quoted, text_literal
from local_aws.athena.statements.bucketing import BUCKET
from local_aws.storage import atomic_file, local_path

MAX_PARTITIONS = 100
_PARQUET_CODECS = {
    "NONE": "uncompressed",
    "UNCOMPRESSED": "uncompressed",
    "SNAPPY": "snappy",
    "GZIP": "gzip",
    "ZSTD": "zstd",
}
_TEXT_CODECS = {"NONE": ("none", ""), "UNCOMPRESSED": ("none", ""), "GZIP": ("gzip", ".gz"), "ZSTD": ("zstd", ".zst")}
_HIVE_ESCAPED = frozenset("\"#%'*/:=?\\{[]^\x7f")


@dataclass(frozen=True)
class FileFormat:
    """`name`: PARQUET, TEXTFILE or JSON; `codec` as Athena spells it."""

    name: str
    codec: str = "GZIP"
    field_delimiter: str = "\x01"
    null_text: str = "\\N"

    def copy_options(self) -> tuple[dict[str, str], str]:
        """Options of DuckDB's COPY and the suffix of the files."""
        if self.name == "PARQUET":
            if self.codec not in _PARQUET_CODECS:
                raise not_supported(f"The compression {self.codec} for PARQUET")
            return {"FORMAT": "parquet", "COMPRESSION": _PARQUET_CODECS[self.codec]}, ".parquet"
        if self.name not in {"TEXTFILE", "JSON"}:
            raise not_supported(f"The format {self.name}")
        if self.codec not in _TEXT_CODECS:
            raise not_supported(f"The compression {self.codec} for {self.name}")
        codec, suffix = _TEXT_CODECS[self.codec]
        timestamps = {"TIMESTAMPFORMAT": text_literal("%Y-%m-%d %H:%M:%S.%g")}
        if self.name == "JSON":
            return {"FORMAT": "json", "COMPRESSION": codec, **timestamps}, f".json{suffix}"
        options = {
            "FORMAT": "csv",
            "HEADER": "false",
            "DELIMITER": text_literal(self.field_delimiter),
            "NULLSTR": text_literal(self.null_text),
            "QUOTE": text_literal(""),
            "ESCAPE": text_literal(""),
            "COMPRESSION": codec,
        }
        return options | timestamps, f".txt{suffix}"


@dataclass
class Written:
    """Files by the values of their partition (an empty tuple without partitions), and the number of rows."""

    files: dict[tuple[str, ...], list[Path]]
    row_count: int


@contextmanager
def staged_rows(
    session: Session, sql: str, file_format: FileFormat, keys: list[str], *, has_buckets: bool = False
) -> Iterator[Written]:
    """The rows of a query as files outside of any S3 bucket; what is not moved away is removed in the end.

    `has_buckets`: the column BUCKET says which rows share a file.
    """
    data = session.engine.output_folder
    data.mkdir(parents=True)
    options, suffix = file_format.copy_options()
    folders = [*keys, BUCKET] if has_buckets else keys
    target = data if folders else data / f"part-0{suffix}"
    if folders:
        options |= {
            "PARTITION_BY": f"({', '.join(map(quoted, folders))})",
            "FILE_EXTENSION": text_literal(suffix.lstrip(".")),
        }
    settings = ", ".join(f"{name} {value}" for name, value in options.items())
    try:
        (count,) = session.connection.execute(f"COPY ({sql}) TO {text_literal(str(target))} ({settings})").fetchone()
        files: dict[tuple[str, ...], list[Path]] = {}
        for path in sorted(path for path in data.rglob("*") if path.is_file() and count):
            parts = path.relative_to(data).parts[: len(keys)]
            files.setdefault(tuple(unquote(part.partition("=")[2]) for part in parts), []).append(path)
        if folders and sum(map(len, files.values())) > MAX_PARTITIONS:
            raise QueryError(
                f"HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {MAX_PARTITIONS} open writers for partitions/buckets"
            )
        yield Written(files, count)
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def published(session: Session, written: Written, locations: dict[tuple[str, ...], str]) -> Iterator[list[str]]:
    """Moves staged files to the location of their partition; takes them back when the block fails. Yields S3 URLs."""
    moved: list[Path] = []
    try:
        for values, paths in written.files.items():
            authorize_object("s3:PutObject", f"{locations[values].rstrip('/')}/{session.query_id}")
            folder = local_path(locations[values])
            folder.mkdir(parents=True, exist_ok=True)
            for path in paths:
                target = folder / _published_name(session.query_id, path, len(moved))
                path.replace(target)
                moved.append(target)
        yield [s3_url(str(path)) for path in moved]
    except BaseException:
        for path in moved:
            path.unlink(missing_ok=True)
        raise


def _published_name(query_id: str, staged: Path, number: int) -> str:
    folder, _, bucket = staged.parent.name.partition("=")
    suffixes = "".join(staged.suffixes)
    return f"{int(bucket):06d}_0_{query_id}{suffixes}" if folder == BUCKET else f"{query_id}_{number}{suffixes}"


def write_manifest(session: Session, urls: list[str]) -> str:
    """The list of the files that a query wrote; its S3 URL."""
    location = f"{session.output_prefix}{session.query_id}-manifest.csv"
    authorize_object("s3:PutObject", location)
    with atomic_file(local_path(location)) as temporary:
        temporary.write_text("".join(f"{url}\n" for url in urls))
    return location


def partition_path(keys: list[str], values: tuple[str, ...]) -> str:
    """`year=2024/city=New%3AYork/`, escaped as Hive escapes file names."""
    return "".join(f"{key}={_escaped(value)}/" for key, value in zip(keys, values, strict=True))


def _escaped(value: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in _HIVE_ESCAPED or letter < " " else letter for letter in value)


def codec_of(properties: dict[str, Any], *names: str) -> str:
    """The compression that the first of these properties names; GZIP, Athena's default, when none does."""
    return next((str(properties[name]).upper() for name in names if name in properties), "GZIP")
