"""The commits of `stock_prices`, the highest of which is the table."""

import json
import re
from dataclasses import dataclass

from lakehouse_glue.lake import Lake
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.table import Partition

PREFIX = "analytics/_commits/stock_prices/"
NAME = re.compile(r"\d{8}\.json")


@dataclass(frozen=True)
class Commit:
    """A commit's number, 0 before the first one, its partitions by year-month and the key of its load manifest."""

    number: int
    partitions: dict[str, Partition]
    manifest_key: str | None


def latest_commit(lake: Lake, objects: Objects) -> Commit:
    keys = [key for key in objects.keys(PREFIX) if NAME.fullmatch(key.removeprefix(PREFIX))]
    if not keys:
        return Commit(0, {}, None)
    document = json.loads(lake.read(keys[-1]))
    partitions = {
        key: Partition(entry["year"], entry["month"], entry["location"])
        for key, entry in document["partitions"].items()
    }
    return Commit(document["commit"], partitions, document["manifest"])
