"""The stack's market data API: its process, the connection to it, and the symbols that are watched."""

import csv
import io
import json
import sys
from dataclasses import asdict, fields

import httpx
from botocore.exceptions import ClientError

from lakehouse_contract.market_data import WATCHLIST_KEY, WatchedSymbol
from stack import aws
from stack.credentials import Credentials
from stack.errors import StackError
from stack.settings import StackSettings
from stack.supervision import Program
from stack.waiting import ask

# Of a subscription that one pays for.
_CREDITS_PER_MINUTE = 610
_WATCHED_SYMBOLS = 12
WATCHED_SINCE = "2024-01-02"


def program(settings: StackSettings, credentials: Credentials) -> Program:
    host, port = settings.market_data_listener
    environment = {
        "LAKEHOUSE_MARKET_DATA_HOST": host,
        "LAKEHOUSE_MARKET_DATA_PORT": str(port),
        "LAKEHOUSE_MARKET_DATA_KEY": credentials.market_data_key,
        "LAKEHOUSE_MARKET_DATA_CREDITS_PER_MINUTE": str(_CREDITS_PER_MINUTE),
    }
    return Program("market-data-api", [sys.executable, "-m", "stack.market_data_api"], environment)


def is_ready(settings: StackSettings) -> bool:
    try:
        return ask(f"{settings.market_data_url}/_lakehouse/health").is_success
    except httpx.TransportError:
        return False


def connection(settings: StackSettings, credentials: Credentials) -> str:
    """Airflow's connection to the API, in the form of a secret of Secrets Manager."""
    return json.dumps({"conn_type": "http", "host": settings.market_data_url, "password": credentials.market_data_key})


def put_watchlist(settings: StackSettings, lake_bucket: str) -> None:
    """Watch a few symbols, unless somebody has put a watchlist there."""
    body = watchlist(_WATCHED_SYMBOLS, WATCHED_SINCE)
    try:
        aws.client("s3", settings).put_object(Bucket=lake_bucket, Key=WATCHLIST_KEY, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise


def replace_watchlist(settings: StackSettings, lake_bucket: str, content: str) -> None:
    """Watch what a CSV says, in the place of what was watched."""
    aws.client("s3", settings).put_object(Bucket=lake_bucket, Key=WATCHLIST_KEY, Body=content.encode())


def add_fault(settings: StackSettings, credentials: Credentials, fault: str, times: int, symbol: str | None) -> None:
    """Let the API's next requests fail; raises StackError with its sentence when it does not know the fault."""
    answer = httpx.post(
        f"{settings.market_data_url}/_admin/faults",
        json={"name": fault, "times": times, "symbol": symbol},
        headers={"Authorization": f"apikey {credentials.market_data_key}"},
    ).json()
    if answer["status"] != "ok":
        raise StackError(answer["message"])


def watchlist(count: int, since_date: str) -> str:
    """The CSV of a watchlist of the first symbols that each sector has, sectors in turn."""
    # Imported here: no other command of the stack needs the calendar and NumPy, which take a second.
    from stack.market_data_api.instruments import all_instruments

    by_sector: dict[str, list[str]] = {}
    for instrument in all_instruments().values():
        by_sector.setdefault(instrument.sector, []).append(instrument.symbol)
    turns = sorted((place, sector, symbol) for sector, found in by_sector.items() for place, symbol in enumerate(found))
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(WatchedSymbol)], lineterminator="\n")
    writer.writeheader()
    for _, sector, symbol in turns[:count]:
        row = asdict(WatchedSymbol(symbol, since_date, is_active=True, sector=sector))
        writer.writerow(row | {"is_active": "true"})
    return text.getvalue()
