"""Files that a test drops, what must come of them, and what the ledger said of each."""

import hashlib
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import psutil

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from stack import aws
from stack.arrivals.drop import DroppedFile, drop, follow
from stack.arrivals.ledger import LedgerRow, claimed_files, landing_files, ledger_rows_since
from stack.cloudformation import outputs
from stack.queries import query_redshift
from stack.stocks.files import write_months
from stack.waiting import wait_until
from tests.e2e.conftest import RUN_SECONDS, Lakehouse, kill_when_started
from tests.e2e.independent_stock_prices import COLUMNS, StockPrices

SYMBOLS = 20
SMALL_FILES = 200
REDSHIFT_SECONDS = 120
# A known file that arrives after others waits until they are loaded.
ARRIVAL_RESOLUTION_SECONDS = 1
HEADER = ",".join(COLUMNS)
JANUARY, FEBRUARY, MARCH = (date(2025, month, 1) for month in (1, 2, 3))
UNREADABLE = {
    "empty.csv": b"",
    "binary.csv": bytes(range(256)) * 20,
    "utf16.csv": f"{HEADER}\n2025-01-02,A,1,1,1,1,1\n".encode("utf-16"),
    "other_header.csv": b"name,city\nAda,London\n",
    "broken.csv.gz": b"\x1f\x8b\x08\x00 no gzip at all",
    "mostly_bad.csv": f"{HEADER}\n2025-01-02,ZZA,1,1,1,1,1\nyesterday,ZZB,1,1,1,1,1\n".encode(),
}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Arrivals:
    lakehouse: Lakehouse
    folder: Path
    dropped: list[tuple[str, bytes]] = field(default_factory=list)
    expected: StockPrices = field(default_factory=StockPrices)
    ledger: list[LedgerRow] = field(default_factory=list)
    command: subprocess.CompletedProcess[str] | None = None

    def drop(self, *paths: Path) -> list[DroppedFile]:
        self.dropped += [(path.name, path.read_bytes()) for path in paths]
        return drop(self.lakehouse.settings, STOCK_FILES, list(paths))

    def drop_by_hand(self, loadable: list[Path], others: list[Path]) -> None:
        """Drop files and wait for them by the command line."""
        paths, started_at = [*loadable, *others], datetime.now(UTC).replace(microsecond=0)
        self.command = self.lakehouse.run("arrivals", "drop", *map(str, paths), "--wait")
        self.dropped += [(path.name, path.read_bytes()) for path in paths]
        for path in loadable:
            self.expected.arrive(path)
        self.ledger += ledger_rows_since(self.lakehouse.settings, STOCK_FILES, started_at)

    def drop_loadable(self, *paths: Path) -> list[DroppedFile]:
        """Drop files whose good rows must be in the table in the end."""
        for path in paths:
            self.expected.arrive(path)
        return self.drop(*paths)

    def wait(self, dropped: list[DroppedFile]) -> None:
        self.ledger += follow(self.lakehouse.settings, STOCK_FILES, dropped)

    def wait_until_claimed(self) -> None:
        """Until a run has taken all that waited."""
        settings = self.lakehouse.settings
        wait_until(
            lambda: bool(claimed_files(settings, STOCK_FILES)) and not landing_files(settings, STOCK_FILES),
            "A claim",
            RUN_SECONDS,
        )

    def wait_for_redshift(self) -> None:
        """A run writes the ledger before it loads Redshift."""
        count = "SELECT count(*) FROM analytics.fact_stock_prices"
        expected = [[str(len(self.expected.prices))]]
        settings = self.lakehouse.settings
        wait_until(lambda: query_redshift(settings, count).rows == expected, "Redshift", REDSHIFT_SECONDS)

    def month(self, month: date, dirt: float = 0.0, *, is_compressed: bool = False) -> Path:
        folder = self.folder / f"dirt_{dirt:g}"
        return write_months(folder, SYMBOLS, month, month, dirt, is_compressed=is_compressed)[0].path

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def small_files(self, numbers: range) -> list[Path]:
        """A row each."""
        rows = {n: f"2025-04-{n % 28 + 1:02},SMALL{n},2.00,3.00,1.00,2.50,{n}" for n in numbers}
        return [self.write(f"small_{number}.csv", f"{HEADER}\n{row}\n".encode()) for number, row in rows.items()]

    def kill_next_job(self) -> None:
        """Kill the process of the Glue job that runs next, as soon as it has begun to write."""
        known = set(self._data_files())

        def writing_processes() -> list[psutil.Process]:
            return self.lakehouse.engines("stock_csv_to_parquet.py") if set(self._data_files()) - known else []

        kill_when_started(writing_processes)

    def stored(self, *prefixes: str) -> Counter[tuple[str, str]]:
        """Names and digests of the files below the prefixes, without the reasons beside them."""
        found: Counter[tuple[str, str]] = Counter()
        for prefix in prefixes:
            for key, content in self.objects(prefix).items():
                if not key.endswith(".reason.txt"):
                    found[key.rpartition("/")[2], digest(content)] += 1
        return found

    def objects(self, prefix: str) -> dict[str, bytes]:
        s3, bucket = aws.client("s3", self.lakehouse.settings), outputs(self.lakehouse.settings)["LakeBucket"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def _data_files(self) -> list[Path]:
        bucket = self.lakehouse.settings.home / "aws" / "s3" / outputs(self.lakehouse.settings)["LakeBucket"]
        return list((bucket / "analytics" / "stock_prices" / "data").rglob("*.parquet"))


def drop_everything(files: Arrivals) -> None:
    """Four runs: files of all kinds at once; one file; what came while that ran, killed; the repair."""
    january, dirty_february, february = files.month(JANUARY), files.month(FEBRUARY, dirt=0.05), files.month(FEBRUARY)
    unreadable = [files.write(name, content) for name, content in UNREADABLE.items()]
    twin = files.write("twin_of_february.csv", dirty_february.read_bytes())
    files.drop_by_hand([january, dirty_february], [twin, *unreadable])

    second = files.drop(january)
    time.sleep(ARRIVAL_RESOLUTION_SECONDS)
    second += files.drop_loadable(files.month(MARCH, is_compressed=True))
    files.wait_until_claimed()
    small = files.small_files(range(SMALL_FILES))
    third = files.drop(january)
    time.sleep(ARRIVAL_RESOLUTION_SECONDS)
    third += files.drop_loadable(february, *small[: SMALL_FILES // 2])
    files.wait(second)

    files.wait_until_claimed()
    files.kill_next_job()
    third += files.drop_loadable(*small[SMALL_FILES // 2 :])
    files.wait(third)
    files.wait_for_redshift()
