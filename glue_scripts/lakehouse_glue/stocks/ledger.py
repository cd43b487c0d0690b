"""What is loaded already: the contents in the ledger of files."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakehouse_glue.lake import Lake
from lakehouse_glue.stocks.commits import Commit
from lakehouse_glue.stocks.manifest import LOADED
from lakehouse_glue.stocks.objects import Objects

PREFIX = "audit/stock_file_ledger/"
READERS = 16


@dataclass(frozen=True)
class LoadedFile:
    """A file that was loaded: its rows in the table, its good rows that others took the place of, and the months of
    both, as `2005-01`.
    """

    name: str
    checksum: str
    arrived_at: datetime
    rows_out: int
    rows_superseded: int
    months: frozenset[str]


def loaded_files(lake: Lake, objects: Objects, commit: Commit) -> list[LoadedFile]:
    """Every file that was ever loaded.

    The latest commit counts too: its run may have ended before it wrote the ledger.
    """
    keys = [key for key in objects.keys(PREFIX) if key.endswith(".json")]
    with ThreadPoolExecutor(READERS) as pool:
        ledgers = list(pool.map(lake.read, keys))
    entries = [json.loads(line) for ledger in ledgers for line in ledger.splitlines() if line.strip()]
    found = [_from_ledger(entry) for entry in entries if entry["status"] == LOADED and entry.get("checksum")]
    if commit.manifest_key:
        files = json.loads(lake.read(commit.manifest_key))["files"]
        found += [_from_manifest(entry) for entry in files if entry["status"] == LOADED and entry.get("checksum")]
    return found


def _from_ledger(entry: Mapping[str, Any]) -> LoadedFile:
    arrived_at = datetime.fromisoformat(entry["arrived_at"]).replace(tzinfo=UTC)
    return _loaded(entry, entry["file_name"], arrived_at, entry["months"].split())


def _from_manifest(entry: Mapping[str, Any]) -> LoadedFile:
    return _loaded(entry, entry["name"], datetime.fromisoformat(entry["arrived_at"]), entry["months"])


def _loaded(entry: Mapping[str, Any], name: str, arrived_at: datetime, months: Iterable[str]) -> LoadedFile:
    return LoadedFile(
        name, entry["checksum"], arrived_at, entry["rows_out"], entry["rows_superseded"], frozenset(months)
    )
