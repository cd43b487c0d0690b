"""What the lake knows of the files that arrived: those that wait, those that are claimed, and the ledger."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from stack import aws
from stack.cloudformation import outputs
from stack.queries import query_athena
from stack.settings import REPOSITORY, StackSettings

LANDING = "landing/stocks/"
CLAIMED = "claimed/stocks/"

_STATEMENTS = REPOSITORY / "sql" / "athena" / "stock_file_ledger"
_CLAIMED_FILE = re.compile(r"[^/]+/\d{8}T\d{12}Z-[^/]*/.+")


@dataclass(frozen=True)
class LedgerRow:
    """A file as the ledger records it; times are texts of UTC with milliseconds."""

    file_name: str
    checksum: str | None
    arrived_at: str
    status: str
    reason: str | None
    rows_in: int
    rows_out: int
    rows_rejected: int
    finished_at: str
    location: str

    @classmethod
    def from_texts(cls, texts: dict[str, str | None]) -> Self:
        counts = {name: int(texts[name] or 0) for name in ("rows_in", "rows_out", "rows_rejected")}
        return cls(**texts | counts)


@dataclass(frozen=True)
class WaitingFile:
    key: str
    size_bytes: int
    modified_at: datetime


def landing_files(settings: StackSettings) -> list[WaitingFile]:
    """What no run has taken yet."""
    return _objects(settings, LANDING)


def claimed_files(settings: StackSettings) -> list[WaitingFile]:
    """What a run has taken and not finished."""
    return [file for file in _objects(settings, CLAIMED) if _CLAIMED_FILE.fullmatch(file.key)]


def last_ledger_rows(settings: StackSettings) -> list[LedgerRow]:
    return _ledger_rows(settings, "last_files")


def ledger_rows_since(settings: StackSettings, moment: datetime) -> list[LedgerRow]:
    """The rows of the files that arrived at `moment` (UTC) or later."""
    return _ledger_rows(settings, "arrived_since", [athena_timestamp(moment)])


def last_arrival(settings: StackSettings, file_name: str) -> LedgerRow | None:
    """What became of the file of this name that arrived last; None when none ever did."""
    return next(iter(_ledger_rows(settings, "last_arrival", [file_name])), None)


def athena_timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _ledger_rows(settings: StackSettings, statement: str, parameters: list[str] | None = None) -> list[LedgerRow]:
    result = query_athena(settings, (_STATEMENTS / f"{statement}.sql").read_text(), parameters)
    return [LedgerRow.from_texts(dict(zip(result.columns, row, strict=True))) for row in result.rows]


def _objects(settings: StackSettings, prefix: str) -> list[WaitingFile]:
    s3, bucket = aws.client("s3", settings), outputs(settings)["LakeBucket"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [
        WaitingFile(item["Key"].removeprefix(prefix), item["Size"], item["LastModified"])
        for page in pages
        for item in page.get("Contents", [])
    ]
