"""What a run says of the files of its claim: in the ledger, and in the run document."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lakehouse_contract.arrivals.claims import Claim
from lakehouse_contract.arrivals.kinds import Arrivals
from lakehouse_contract.arrivals.ledger import DUPLICATE, LOADED, Outcome, Processing, file_entry
from lakehouse_glue.arrivals.job import JobArguments
from lakehouse_glue.arrivals.ledger import append_ledger
from lakehouse_glue.arrivals.screening import Screening
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.lake import Lake
from lakehouse_glue.run_documents import run_document

logger = logging.getLogger(__name__)


def outcomes_of(claim: Claim, screening: Screening[Any], ingested: Mapping[int, Outcome]) -> dict[int, Outcome]:
    """By number, what became of each file of the claim that is not postponed.

    `ingested`: the outcomes of the files that had a layout, loaded and quarantined.
    """
    outcomes = screening.outcomes | dict(ingested)
    outcomes |= {number: _repeated(outcomes[latest], claim, latest) for number, latest in screening.repeats.items()}
    return {number: outcomes[number] for number in claim.files if number not in screening.postponed}


def describe_run(
    arrivals: Arrivals,
    lake: Lake,
    job: JobArguments,
    claim: Claim,
    tables: Mapping[str, BranchTable],
    outcomes: Mapping[int, Outcome],
    started_at: datetime,
) -> dict[str, Any]:
    """Add the files to the ledger on the run's branch; the run document, which is to be written last of all.

    :param tables: the dataset's branches by name, of which all others are written
    :param started_at: when the job run began (UTC)
    """
    processing = Processing(job.run, job.run_id, started_at, datetime.now(UTC))
    entries = [file_entry(arrivals, claim.files[number], outcome, job.today) for number, outcome in outcomes.items()]
    _log(entries)
    append_ledger(tables[arrivals.ledger], lake.root, entries, processing)
    counts = {name: sum(entry[name] for entry in entries) for name in ("rows_in", "rows_rejected")}
    sources = {arrivals.name: {"rows": counts["rows_in"], "rejected_rows": counts["rows_rejected"]}}
    rows = {name: table.row_count for name, table in tables.items()}
    return run_document(job.run, job.run_id, tables, rows, sources) | {
        "claim": claim.claim_id,
        "claimed_at": claim.claimed_at,
        "started_at": started_at.isoformat(),
        "files": entries,
    }


def _repeated(outcome: Outcome, claim: Claim, number: int) -> Outcome:
    """The outcome of a file with the content of another one of the claim."""
    if outcome.status == LOADED:
        return Outcome(DUPLICATE, f"The same content is loaded as {claim.files[number].name}.")
    return outcome


def _log(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        logger.info("%(name)s: %(status)s, %(rows_in)d rows in, %(rows_out)d out, %(rows_rejected)d rejected", entry)
        if entry["reason"]:
            logger.info("%(name)s: %(reason)s", entry)
