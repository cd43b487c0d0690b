"""The run document: what a Glue job says of the branches that it wrote, and by its presence that they are whole."""

from typing import NotRequired, TypedDict

from lakehouse_contract.branches import checked_run

RUNS_PREFIX = "analytics/_runs/"


class SourceOfRun(TypedDict):
    """What a run read of a source: all rows, and those of them that are in rejects."""

    rows: int
    rejected_rows: int


class TableOfRun(TypedDict):
    """A table's rows on the run's branch, its main when the branch began (None without one), and the branch's head."""

    rows: int
    base_snapshot_id: int | None
    snapshot_id: int


class RunDocument(TypedDict):
    """`run_id` is Airflow's, `created_at` ISO 8601 in UTC, `sums` are decimal numbers as texts.

    `claimed_at` is of a run that reads claimed files: the fencing token of its claim.
    """

    run: str
    run_id: str
    created_at: str
    sources: dict[str, SourceOfRun]
    tables: dict[str, TableOfRun]
    sums: dict[str, str]
    claimed_at: NotRequired[str | None]


def run_document_key(run: str) -> str:
    """Key in the lake's bucket; raises ValueError for what cannot be the id of a run."""
    return f"{RUNS_PREFIX}{checked_run(run)}.json"
