"""Writes docs/athena.md from the table of Athena's functions that the local endpoint uses."""

from pathlib import Path

from local_aws.athena.analysis.signatures import Signature, function_topics, signatures_of

ATHENA_MD = Path(__file__).parent / "athena.md"
INTRODUCTION = """\
# Athena's functions on the local endpoint

Generated from `local_aws/athena/analysis/functions/` by `make docs`; a test fails when it differs. Listed are the
functions that the documentation of Athena engine version 3 refers to: those of Trino, by the topics of its reference.
A function *works* with the arguments that are shown (`T`, `K`, `V` and the like are any type, `...` any number of
arguments, and Trino's coercions are made). One that is *refused* fails with `NOT_SUPPORTED` and its name; what is not
listed is not registered in Athena either and fails with `FUNCTION_NOT_FOUND`.

What has a syntax of its own works, too: `CAST`, `TRY_CAST`, `CASE`, `if`, `EXTRACT`, `TRIM`, `SUBSTRING`, `POSITION`,
`ROW`, `grouping`, subscripts, `AT TIME ZONE` with a zone in quotes, `current_date`, `current_timestamp`,
`localtimestamp`, `localtime` and these with a number of digits. `current_time` is refused, and so are zones that differ
from row to row: a zone has to be known when the query is analyzed. `map_agg`, `multimap_agg` and the `max_by` and
`min_by` of several values take DISTINCT or ORDER BY, not both.

Comparisons of NaN differ: `=`, `<`, `<=`, `>`, `>=`, `BETWEEN` and `IN` take it here as equal to itself and greater
than all other numbers, as DuckDB does, also in rows, arrays and maps. In Athena they are false, and `<>` is true, where
a side is NaN, so leave NaN out by `is_nan` where it may occur. `IS DISTINCT FROM`, `DISTINCT`, `GROUP BY` and
`ORDER BY` are the same on both.

A NULL in a row or an array that has to decide `<`, `<=`, `>`, `>=` or `BETWEEN` is an error on both. Where Athena needs
the order of such values otherwise (`ORDER BY`, `min`, `max`, `array_sort`, `< ALL` and `< ANY` of a query) it fails,
too, and here a NULL comes last.
"""


def athena_md() -> str:
    return "\n".join([INTRODUCTION, *(section(topic, entries) for topic, entries in function_topics().items())])


def section(topic: str, entries: list[str]) -> str:
    """A topic's functions with their state."""
    names: dict[str, list[Signature]] = {}
    for entry in entries:
        names.setdefault(entry.partition("(")[0], []).extend(signatures_of(entry))
    rows = [f"| `{name}` | {state(found)} |" for name, found in sorted(names.items(), key=lambda item: item[0].lower())]
    title = topic.replace("_", " ").capitalize()
    return "\n".join([f"## {title}\n", "| function | state |", "| --- | --- |", *rows, ""])


def state(found: list[Signature]) -> str:
    """What works and what is refused of a function."""
    works = [f"`{signature}` → `{signature.result_name}`" for signature in found if not signature.refused]
    refused = [f"`{signature}` {signature.refused} is refused" for signature in found if signature.refused]
    return "; ".join([f"works: {', '.join(works)}"] * bool(works) + refused) or "refused"


if __name__ == "__main__":
    ATHENA_MD.write_text(athena_md())
