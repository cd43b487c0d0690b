"""The endpoint's memory over requests of mixed kinds, and how soon it is back after it was killed with a filled state.

The requests write over what they wrote before. What the endpoint keeps grows by the versions of one table alone, which
are kept as on AWS: one in ten requests makes one.
"""

import argparse
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from botocore.client import BaseClient

from benchmarks.servers import Server, client, endpoint
from stack.ports import free_ports

REQUESTS = 100_000
STEP = 10_000
THREADS = 8
OBJECTS, TABLES = 1000, 100
FILLING = {"objects": OBJECTS, "glue_tables": TABLES, "dynamodb_tables": TABLES}
NAME, FILLED = "benchmark", "filled"
MB = 1 << 20


class Traffic:
    """Requests of ten kinds, in turn."""

    def __init__(self, url: str) -> None:
        self.s3, self.dynamodb, self.sqs = (client(name, url) for name in ("s3", "dynamodb", "sqs"))
        self.glue, self.logs, self.secrets = (client(name, url) for name in ("glue", "logs", "secretsmanager"))
        self.s3.create_bucket(Bucket=NAME)
        self.queue = self.sqs.create_queue(QueueName=NAME)["QueueUrl"]
        self.dynamodb.create_table(
            TableName=NAME,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.glue.create_database(DatabaseInput={"Name": NAME})
        self.glue.create_table(DatabaseName=NAME, TableInput=table_input(NAME))
        self.secrets.create_secret(Name=NAME, SecretString="{}")
        self.kinds = [
            lambda key: self.s3.put_object(Bucket=NAME, Key=key, Body=bytes(1024)),
            lambda _: self.s3.list_objects_v2(Bucket=NAME, MaxKeys=100),
            lambda key: self.s3.get_object(Bucket=FILLED, Key=key)["Body"].read(),
            lambda key: self.dynamodb.put_item(TableName=NAME, Item={"id": {"S": key}, "price": {"N": "1.5"}}),
            lambda key: self.dynamodb.get_item(TableName=NAME, Key={"id": {"S": key}}),
            lambda key: self.sqs.send_message(QueueUrl=self.queue, MessageBody=key),
            lambda _: self.receive(),
            lambda _: self.glue.get_tables(DatabaseName=NAME),
            lambda _: self.glue.update_table(DatabaseName=NAME, TableInput=table_input(NAME)),
            lambda _: self.secrets.get_secret_value(SecretId=NAME),
        ]

    def send(self, number: int) -> None:
        self.kinds[number % len(self.kinds)](f"{number % OBJECTS:04}")

    def receive(self) -> None:
        for message in self.sqs.receive_message(QueueUrl=self.queue).get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])


def main(requests: int = REQUESTS) -> list[dict[str, Any]]:
    """A row per tenth of the requests, then one of the restart."""
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="benchmark-memory-") as folder:
        with endpoint(Path(folder), port) as server:
            fill(server.url)
            rows = memory(server, requests)
            server.process.kill()
            server.process.wait()
        killed = time.monotonic()
        with endpoint(Path(folder), port) as server:
            seconds = time.monotonic() - killed
            check(server.url)
    restart = FILLING | {"back_after_kill_seconds": round(seconds, 1)}
    return [*rows, restart]


def memory(server: Server, requests: int) -> list[dict[str, Any]]:
    """Memory of the endpoint's process after each step."""
    traffic = Traffic(server.url)
    process = psutil.Process(server.process.pid)
    step = min(STEP, max(requests // 10, 1))
    rows = []
    with ThreadPoolExecutor(THREADS) as pool:
        for begin in range(0, requests, step):
            began = time.perf_counter()
            list(pool.map(traffic.send, range(begin, begin + step)))
            rate = step / (time.perf_counter() - began)
            resident = round(process.memory_info().rss / MB)
            rows.append({"requests": begin + step, "memory_mb": resident, "requests_per_second": round(rate)})
    return rows


def fill(url: str) -> None:
    s3, glue, dynamodb = (client(name, url) for name in ("s3", "glue", "dynamodb"))
    s3.create_bucket(Bucket=FILLED)
    for number in range(OBJECTS):
        s3.put_object(Bucket=FILLED, Key=f"{number:04}", Body=b"x")
    glue.create_database(DatabaseInput={"Name": FILLED})
    for number in range(TABLES):
        glue.create_table(DatabaseName=FILLED, TableInput=table_input(f"table_{number}"))
        dynamodb.create_table(
            TableName=f"table_{number}",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )


def check(url: str) -> None:
    """Raises RuntimeError where something that was acknowledged is not there."""
    found = {
        "objects": count(client("s3", url), "list_objects_v2", "Contents", Bucket=FILLED),
        "glue_tables": count(client("glue", url), "get_tables", "TableList", DatabaseName=FILLED),
        # Beside that of the requests.
        "dynamodb_tables": count(client("dynamodb", url), "list_tables", "TableNames") - 1,
    }
    if found != FILLING:
        raise RuntimeError(f"{FILLING} became {found}")


def count(service: BaseClient, operation: str, listed: str, **arguments: str) -> int:
    return sum(len(page.get(listed, [])) for page in service.get_paginator(operation).paginate(**arguments))


def table_input(name: str) -> dict[str, Any]:
    columns = [{"Name": f"column_{number}", "Type": "string"} for number in range(20)]
    return {"Name": name, "StorageDescriptor": {"Columns": columns, "Location": f"s3://{NAME}/{name}/"}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    for result in main(parser.parse_args().requests):
        print(json.dumps(result))
