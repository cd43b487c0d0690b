"""Lambda function behind the HTTP API: latest prices, minute bars and top movers of live trades, from DynamoDB.

    GET /trades/{symbol}/latest
    GET /trades/{symbol}/bars?from=2026-11-22T14:30Z&to=2026-11-22T15:30Z&limit=1000
    GET /movers?date=2026-11-22&direction=up&limit=10

A page of bars that is not the last one has in `next` the `from` of the next one. Errors are problem documents.
"""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from lakehouse_http.answers import Answer, Problem, json_answer, problem_answer

from lakehouse_contract.trade_tables import MINUTE, MOVERS_PARTITIONS
from trades_api import answers
from trades_api.bars_table import BarsTable
from trades_api.parameters import expect_parameters, read_bars_wanted, read_movers_wanted, read_symbol

Parameters = Mapping[str, str]

_CLIENT = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=MOVERS_PARTITIONS,
)
# What is answered changes with the next trade.
_FRESH = {"cache-control": "public, max-age=1"}

log = logging.getLogger(__name__)


def handler(event: dict[str, Any], _context: Any) -> Answer:
    """Answer a request of the HTTP API, in its payload format 2.0."""
    table = BarsTable(_client("dynamodb"), os.environ["LAKEHOUSE_TRADE_BARS_TABLE"])
    path, query = event.get("pathParameters") or {}, event.get("queryStringParameters") or {}
    try:
        return json_answer(ROUTES[event["routeKey"]](table, path, query), headers=_FRESH)
    except Problem as problem:
        return problem_answer(problem)
    except (BotoCoreError, ClientError):
        log.exception("DynamoDB has not answered")
        title, detail = "The prices cannot be had at the moment.", "Ask again in a few seconds."
        return problem_answer(Problem(503, "unavailable", title, detail, {"retry-after": "5"}))


def latest_price(table: BarsTable, path: Parameters, query: Parameters) -> dict[str, Any]:
    symbol = read_symbol(path)
    expect_parameters(query)
    day = table.latest_day(symbol)
    if day is None:
        raise Problem(404, "unknown-symbol", "There is no trade of this symbol.", f"No trade of {symbol} has come yet.")
    return answers.latest(symbol, day)


def minute_bars(table: BarsTable, path: Parameters, query: Parameters) -> dict[str, Any]:
    symbol = read_symbol(path)
    wanted = read_bars_wanted(query, datetime.now(UTC))
    found = table.minutes(symbol, wanted)
    further = found[wanted.limit :]
    return {
        "symbol": symbol,
        "bars": [answers.bar(item) for item in found[: wanted.limit]],
        "next": further[0]["bar"].removeprefix(MINUTE) if further else None,
    }


def movers(table: BarsTable, _path: Parameters, query: Parameters) -> dict[str, Any]:
    wanted = read_movers_wanted(query, datetime.now(UTC))
    found = [answers.mover(item) for item in table.movers(wanted)]
    return {"date": wanted.day.isoformat(), "direction": wanted.direction, "movers": found}


ROUTES: dict[str, Callable[[BarsTable, Parameters, Parameters], dict[str, Any]]] = {
    "GET /trades/{symbol}/latest": latest_price,
    "GET /trades/{symbol}/bars": minute_bars,
    "GET /movers": movers,
}


@cache
def _client(service: str) -> Any:
    return boto3.client(service, config=_CLIENT)
