"""Sales records from files to `regionalsales`: the Glue job with all checks beside the job that one writes first.

`python -m benchmarks.sales_records --orders 5000000`
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.stock_prices import HERE, measure
from lakehouse_contract.arrivals.claims import Claim, ClaimedFile
from lakehouse_contract.sales_records import ITEM_TYPES, REGION_OF
from local_aws.glue.jobs.spark import COMPILER

ORDERS = 5_000_000
ORDERS_PER_FILE = 1_000_000
# As the local endpoint's Glue runs a job, and as an account does.
COMPILERS = {"laptop": COMPILER, "account": ()}
SCRIPT = HERE / "sales_records_spark.py"
JOB_OUTPUT = "analytics/fact_sales/data"
SUMS = "SELECT sum(orders), sum(units_sold), sum(total_revenue), sum(total_profit) FROM read_parquet(?)"
EXPECTED = """
    SELECT count(*), sum(units_sold::BIGINT), sum(total_revenue::DECIMAL(18, 2)), sum(total_profit::DECIMAL(18, 2))
    FROM read_parquet(?)
"""


def main(orders: int = ORDERS) -> list[dict[str, Any]]:
    """A line per way and kind of Java, whose sums were found equal."""
    with tempfile.TemporaryDirectory(prefix="sales-records-") as name:
        bucket = Path(name) / "s3" / "lake"
        csv_bytes = write_claim(bucket, orders)
        results = [
            result
            for compiler, java_options in COMPILERS.items()
            for result in _compare(bucket, csv_bytes, compiler, java_options)
        ]
    return [result | {"benchmark": "sales_records", "orders": orders} for result in results]


def _compare(bucket: Path, csv_bytes: int, compiler: str, java_options: Sequence[str]) -> list[dict[str, Any]]:
    """Both ways from the same files; what they wrote is removed."""
    straight, job = (
        measure(way, bucket, way, output, csv_bytes, SCRIPT, java_options)
        for way, output in (("straight", "straight"), ("job", JOB_OUTPUT))
    )
    compare_outputs(bucket)
    for folder in bucket.iterdir():
        if folder.name != "claimed":
            shutil.rmtree(folder)
    ratio = round(job["seconds"] / straight["seconds"], 2)
    return [straight | {"java_of": compiler, "ratio": 1.0}, job | {"java_of": compiler, "ratio": ratio}]


def write_claim(bucket: Path, orders: int) -> int:
    """Files of orders, described as a claim; returns their bytes."""
    folder = bucket / "claimed" / "files"
    folder.mkdir(parents=True)
    places = [{"region": region, "country": country} for country, region in REGION_OF.items()]
    statement = (HERE / "sales_records_input.sql").read_text()
    with duckdb.connect() as connection:
        for name, value in (("places", places), ("items", list(ITEM_TYPES))):
            connection.execute(f"SET VARIABLE {name} = ?", [value])
        for number, first in enumerate(range(0, orders, ORDERS_PER_FILE)):
            for name, value in (("first_order", first), ("end_order", min(first + ORDERS_PER_FILE, orders))):
                connection.execute(f"SET VARIABLE {name} = ?", [value])
            connection.execute(statement.replace("{path}", str(folder / f"sales-{number}.csv")))
    now = datetime.now(UTC)
    files = [
        ClaimedFile(path.name, path.relative_to(bucket).as_posix(), path.stat().st_size, path.name, now)
        for path in sorted(folder.glob("*.csv"))
    ]
    (bucket / "claimed" / "claim.json").write_text(Claim.of("benchmark", "benchmark", files).to_json())
    return sum(file.size for file in files)


def compare_outputs(bucket: Path) -> None:
    """Raises ValueError where the sums of the job are not those of the straight job's strings."""
    with duckdb.connect() as connection:
        ours = connection.execute(SUMS, [str(bucket / "analytics/regionalsales/data/**/*.parquet")]).fetchone()
        theirs = connection.execute(EXPECTED, [str(bucket / "straight/*.parquet")]).fetchone()
    if ours != theirs:
        raise ValueError(f"The two ways differ: {ours} and {theirs}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=ORDERS)
    for line in main(parser.parse_args().orders):
        print(json.dumps(line))
