"""What the lake knows of the files that arrived: those that wait, those that are claimed, and the ledger."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from lakehouse_contract.arrivals.files import ArrivingFile
from lakehouse_contract.arrivals.kinds import Arrivals
from stack import aws
from stack.cloudformation import outputs
from stack.queries import GLUE_DATABASE, query_athena
from stack.settings import REPOSITORY, StackSettings

STATEMENTS = REPOSITORY / "sql" / "athena" / "file_ledger"


@dataclass(frozen=True)
class LedgerRow:
    """A file as the ledger records it; times are texts of UTC with microseconds."""

    file_name: str
    checksum: str | None
    arrived_at: str
    status: str
    reason: str | None
    rows_in: int
    rows_out: int
    rows_rejected: int
    rows_superseded: int
    finished_at: str
    location: str

    @classmethod
    def from_texts(cls, texts: dict[str, str | None]) -> Self:
        names = ("rows_in", "rows_out", "rows_rejected", "rows_superseded")
        counts = {name: int(texts[name] or 0) for name in names}
        return cls(**texts | counts)


@dataclass(frozen=True)
class WaitingFile:
    key: str
    size_bytes: int
    modified_at: datetime


def landing_files(settings: StackSettings, arrivals: Arrivals) -> list[WaitingFile]:
    """What no run has taken yet."""
    prefix = arrivals.landing_prefix
    return [_waiting(item, prefix) for item in _objects(settings, prefix)]


def claimed_files(settings: StackSettings, arrivals: Arrivals) -> list[WaitingFile]:
    """What a run has taken and not finished."""
    prefix = arrivals.claimed_prefix
    return [_waiting(item, prefix) for item in _objects(settings, prefix) if ArrivingFile.claimed(arrivals, item)]


def last_ledger_rows(settings: StackSettings, arrivals: Arrivals) -> list[LedgerRow]:
    return _ledger_rows(settings, arrivals, "last_files")


def ledger_rows_since(settings: StackSettings, arrivals: Arrivals, moment: datetime) -> list[LedgerRow]:
    """The rows of the files that arrived at `moment` (UTC) or later."""
    return _ledger_rows(settings, arrivals, "arrived_since", [athena_timestamp(moment)])


def last_arrival(settings: StackSettings, arrivals: Arrivals, file_name: str) -> LedgerRow | None:
    """What became of the file of this name that arrived last; None when none ever did."""
    return next(iter(_ledger_rows(settings, arrivals, "last_arrival", [file_name])), None)


def athena_timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _ledger_rows(
    settings: StackSettings, arrivals: Arrivals, statement: str, parameters: list[str] | None = None
) -> list[LedgerRow]:
    if not _has_table(settings, arrivals.ledger):
        return []
    columns = ", ".join(field.name for field in fields(LedgerRow))
    template = (STATEMENTS / f"{statement}.sql").read_text()
    sql = template.replace("{{ columns }}", columns).replace("{{ ledger }}", arrivals.ledger)
    result = query_athena(settings, sql, parameters)
    return [LedgerRow.from_texts(dict(zip(result.columns, row, strict=True))) for row in result.rows]


def _has_table(settings: StackSettings, table: str) -> bool:
    """A ledger is made with the first file of which there is something to tell."""
    glue = aws.client("glue", settings)
    try:
        glue.get_table(DatabaseName=GLUE_DATABASE, Name=table)
    except glue.exceptions.EntityNotFoundException:
        return False
    return True


def _waiting(item: dict[str, Any], prefix: str) -> WaitingFile:
    return WaitingFile(item["Key"].removeprefix(prefix), item["Size"], item["LastModified"])


def _objects(settings: StackSettings, prefix: str) -> list[dict[str, Any]]:
    s3, bucket = aws.client("s3", settings), outputs(settings)["LakeBucket"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item for page in pages for item in page.get("Contents", [])]
