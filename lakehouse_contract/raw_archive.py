"""Where the raw files of a run are archived, and the document that lists them.

An archive is complete when its manifest is there, which is written last. It is named by the run and by the files that
the run extracted, so another extraction, even of the same run, is another archive.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Self

RAW_PREFIX = "raw/"
ARCHIVE_PREFIX = "archive/"
MANIFEST_NAME = "manifest.json"
# Beside the tables, what the sources were found to hold that DMS does not carry.
CHANGED_BY_DMS = "changed_by_dms"
# What an extraction replaces; other pipelines have folders of their own below `raw/`.
EXTRACTION_PREFIXES = tuple(f"{RAW_PREFIX}{folder}/" for folder in ("rds", "docdb", CHANGED_BY_DMS))

RUN_NAME = re.compile(r"[A-Za-z0-9._-]{1,280}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LOAD_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MANIFEST_KEY = re.compile(rf"{ARCHIVE_PREFIX}load_date=[^/]+/run=[^/]+/{re.escape(MANIFEST_NAME)}")


class ArchiveError(ValueError):
    """A document or a name that is none of an archive; the message says which and why."""


@dataclass(frozen=True, order=True)
class RawFile:
    """A file of a table: its key in the raw bucket, its bytes and its ETag without quotes."""

    table: str
    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class Extraction:
    """What a run extracted: the UTC day, the rows of each table by hop (`source_rows`, `raw_rows`), and the files."""

    load_date: str
    tables: dict[str, dict[str, int]]
    files: tuple[RawFile, ...]

    @classmethod
    def from_document(cls, document: dict) -> Self:
        return cls(document["load_date"], document["tables"], tuple(RawFile(**file) for file in document["files"]))

    def document(self) -> dict:
        return asdict(self) | {"files": [asdict(file) for file in self.files]}


@dataclass(frozen=True)
class ArchiveManifest:
    """The files of a complete archive, with the run that extracted them (`run_id` is Airflow's) and its counts."""

    run: str
    run_id: str
    load_date: str
    created_at: str
    tables: dict[str, dict[str, int]]
    files: tuple[RawFile, ...]

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises ArchiveError for what is no manifest."""
        try:
            content = json.loads(text)
            return cls(**content | {"files": tuple(RawFile(**file) for file in content["files"])})
        except (KeyError, TypeError, ValueError) as error:
            raise ArchiveError(f"It is no manifest of an archive: {error}.") from None

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @property
    def key(self) -> str:
        return archive_prefix(self.load_date, self.run) + MANIFEST_NAME


def archive_run(run_id: str, files: Iterable[RawFile]) -> str:
    """The name of a run's archive: its Airflow run id as a key may have it, and what tells its files from others."""
    content = json.dumps([run_id, [asdict(file) for file in sorted(files)]])
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return f"{_UNSAFE.sub('_', run_id)}-{digest}"


def load_date_prefix(load_date: str) -> str:
    """Raises ArchiveError for what is no day."""
    if not _LOAD_DATE.fullmatch(load_date):
        raise ArchiveError(f"{load_date!r} is no day: write it as 2026-11-20.")
    return f"{ARCHIVE_PREFIX}load_date={load_date}/"


def archive_prefix(load_date: str, run: str) -> str:
    """Raises ArchiveError for what is no day, or no name of a run's archive."""
    if not RUN_NAME.fullmatch(run):
        raise ArchiveError(f"{run!r} is not the name of an archived run: it is what follows `run=` in its folder.")
    return f"{load_date_prefix(load_date)}run={run}/"


def prefix_of_manifest(key: str) -> str:
    """The folder of an archive, from the key of its manifest; raises ArchiveError for another key."""
    if not _MANIFEST_KEY.fullmatch(key):
        raise ArchiveError(f"{key!r} is not the key of an archive's manifest.")
    return key.removesuffix(MANIFEST_NAME)
