"""What is loaded already: the contents in the ledger of files."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lakehouse_glue.lake import Lake
from lakehouse_glue.stocks.commits import Commit
from lakehouse_glue.stocks.objects import Objects

PREFIX = "audit/stock_file_ledger/"
LOADED = "loaded"
READERS = 16


def loaded_contents(lake: Lake, objects: Objects, commit: Commit) -> dict[tuple[str, int], str]:
    """The ETag and size of each content that is loaded, with the name that its file had.

    The latest commit counts too: its run may have ended before it wrote the ledger.
    """
    keys = [key for key in objects.keys(PREFIX) if key.endswith(".json")]
    with ThreadPoolExecutor(READERS) as pool:
        ledgers = list(pool.map(lake.read, keys))
    entries = [json.loads(line) for ledger in ledgers for line in ledger.splitlines() if line.strip()]
    contents = _loaded(entries, "file_name", "size_bytes")
    if commit.manifest_key:
        contents |= _loaded(json.loads(lake.read(commit.manifest_key))["files"], "name", "size")
    return contents


def _loaded(entries: Iterable[Mapping[str, Any]], name: str, size: str) -> dict[tuple[str, int], str]:
    return {(entry["etag"].strip('"'), int(entry[size])): entry[name] for entry in entries if entry["status"] == LOADED}
