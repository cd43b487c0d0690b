"""Kinesis and DynamoDB of the endpoint beside kinesalite and dynalite from npm, by the same requests of one client.

All four keep what they have on disk. Where npm is missing, or cannot install the two, their rows say so.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError

from stack.ports import free_ports
from stack.settings import REGION, StackSettings
from stack.waiting import wait_until

NPM_PACKAGES = {"kinesis": ("kinesalite", "3.3.3"), "dynamodb": ("dynalite", "3.2.2")}
SHARDS = 40
RECORD_REQUESTS, RECORDS = 100, 100
RECORD = b"x" * 500
ITEM_REQUESTS, ITEMS = 100, 25
CONDITIONAL_PUTS = 500
STREAM = TABLE = "benchmark"


def compare_engines(settings: StackSettings) -> list[dict[str, Any]]:
    """A row per engine: records, items in batches, and items with a condition per second."""
    rows = []
    for service, (package, version) in NPM_PACKAGES.items():
        rows.append({"engine": f"endpoint, {service}"} | _MEASURES[service](_client(service, settings.aws_url)))
        row = {"engine": f"{package} {version}"}
        try:
            with tempfile.TemporaryDirectory(prefix="npm-") as folder, running(package, version, Path(folder)) as url:
                row |= _MEASURES[service](_client(service, url))
        except (OSError, subprocess.CalledProcessError) as error:
            row |= {"not_run": f"npm has not installed it: {error}"}
        rows.append(row)
    return rows


@contextmanager
def running(package: str, version: str, folder: Path) -> Iterator[str]:
    """The URL of a server from npm, with its data on disk. Raises OSError or CalledProcessError without it."""
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"{package}@{version}"]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    (port,) = free_ports(1)
    options = ["--port", str(port), "--path", str(folder / "data")]
    options += ["--shardLimit", "100"] if package == "kinesalite" else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([folder / "node_modules" / ".bin" / package, *options], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(package, url), package, timeout_seconds=30)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def measure_kinesis(client: Any) -> dict[str, Any]:
    client.create_stream(StreamName=STREAM, ShardCount=SHARDS)
    client.get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})
    records = [{"PartitionKey": f"key-{number}", "Data": RECORD} for number in range(RECORDS)]
    began, failed = time.perf_counter(), 0
    for _ in range(RECORD_REQUESTS):
        failed += client.put_records(StreamName=STREAM, Records=records)["FailedRecordCount"]
    put = RECORD_REQUESTS * RECORDS - failed
    return {"records_per_second": round(put / (time.perf_counter() - began)), "records_refused": failed}


def measure_dynamodb(client: Any) -> dict[str, Any]:
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("symbol", "trade_id")],
        KeySchema=[{"AttributeName": "symbol", "KeyType": "HASH"}, {"AttributeName": "trade_id", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    began = time.perf_counter()
    for request in range(ITEM_REQUESTS):
        writes = [{"PutRequest": {"Item": _item(f"{request}-{number}")}} for number in range(ITEMS)]
        client.batch_write_item(RequestItems={TABLE: writes})
    batches = time.perf_counter() - began
    began = time.perf_counter()
    for number in range(CONDITIONAL_PUTS):
        client.put_item(
            TableName=TABLE, Item=_item(f"once-{number}"), ConditionExpression="attribute_not_exists(trade_id)"
        )
    conditional = time.perf_counter() - began
    return {
        "items_per_second": round(ITEM_REQUESTS * ITEMS / batches),
        "conditional_puts_per_second": round(CONDITIONAL_PUTS / conditional),
    }


_MEASURES = {"kinesis": measure_kinesis, "dynamodb": measure_dynamodb}


def _item(identity: str) -> dict[str, dict[str, str]]:
    return {
        "symbol": {"S": "ALBA"},
        "trade_id": {"S": identity},
        "price": {"N": "231.42"},
        "volume": {"N": "100"},
        "traded_at_ms": {"N": "1763822400123"},
    }


def _client(service: str, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the engines take any
    )


def _answers(package: str, url: str) -> bool:
    service = next(service for service, (name, _) in NPM_PACKAGES.items() if name == package)
    client = _client(service, url)
    try:
        client.list_streams() if service == "kinesis" else client.list_tables()
    except (ClientError, EndpointConnectionError):
        return False
    return True
