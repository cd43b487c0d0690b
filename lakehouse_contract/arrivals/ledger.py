"""What becomes of a file that arrives, and how the ledger of its kind says so."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.arrivals.kinds import Arrivals

LOADED = "loaded"
DUPLICATE = "duplicate"
QUARANTINED = "quarantined"
BLOCKED = "blocked"


@dataclass(frozen=True)
class Outcome:
    """What became of a file; `rows_in` = `rows_out` + `rows_rejected`.

    `rows_superseded` of the rejected rows are good ones in whose place others are; `months` are those of all good rows,
    as `2005-01`.
    """

    status: str
    reason: str | None = None
    rows_in: int = 0
    rows_out: int = 0
    rows_rejected: int = 0
    rows_superseded: int = 0
    months: tuple[str, ...] = ()


@dataclass(frozen=True)
class Processing:
    """A job run, where there was one, and Airflow's run that a file was processed in; times are in UTC."""

    run: str | None
    run_id: str
    started_at: datetime
    finished_at: datetime


def file_entry(arrivals: Arrivals, file: ClaimedFile, outcome: Outcome, day: date) -> dict[str, Any]:
    """What the run document says of a file, with the key where it stays when that is published, below a day."""
    prefix = arrivals.quarantine_prefix if outcome.status == QUARANTINED else arrivals.processed_prefix
    own_key = f"{prefix}{day.isoformat()}/{file.arriving(arrivals).tail}"
    return {
        **{name: getattr(file, name) for name in ("name", "key", "size", "etag", "checksum")},
        "arrived_at": file.arrived_at.isoformat(),
        **asdict(outcome),
        "months": list(outcome.months),
        "stays_at": file.key if outcome.status == BLOCKED else own_key,
    }


def ledger_row(
    entry: Mapping[str, Any], processing: Processing, bucket_url: str
) -> dict[str, str | int | datetime | None]:
    """The row of a file in the ledger, by column, from its entry in the run document.

    The table is partitioned by the month of the file's arrival.
    """
    arrived_at = datetime.fromisoformat(entry["arrived_at"]).astimezone(UTC)
    counts = ("rows_in", "rows_out", "rows_rejected", "rows_superseded")
    return {
        "file_name": entry["name"],
        "size_bytes": entry["size"],
        "checksum": entry["checksum"],
        "arrived_at": arrived_at,
        "status": entry["status"],
        "reason": entry["reason"],
        **{name: entry[name] for name in counts},
        "months": " ".join(entry["months"]),
        "run": processing.run,
        "run_id": processing.run_id,
        "started_at": processing.started_at,
        "finished_at": processing.finished_at,
        "location": f"{bucket_url}/{entry['stays_at']}",
        "year": arrived_at.year,
        "month": arrived_at.month,
    }
