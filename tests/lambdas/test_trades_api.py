"""Questions about trades, answered from the bars that the other function has written."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from cfnlint import decode
from trades_api.handler import ROUTES, handler
from trades_to_dynamodb.handler import handler as write

from lakehouse_contract.trades import Trade, encode_record
from tests.lambdas.conftest import NOW_MS, TEMPLATE, Context, kinesis_record

MINUTE_MS = 60_000
DAY_MS = 86_400_000


@pytest.fixture
def told(function):
    """`told(symbol, (price, ms), …)`: trades at milliseconds after 14:30."""

    def tell(symbol: str, *trades: tuple[str, int]) -> None:
        found = [Trade(symbol, Decimal(price), Decimal(2), NOW_MS + ms, (), 0, NOW_MS) for price, ms in trades]
        arrived_at = datetime.fromtimestamp(max(trade.traded_at_ms for trade in found) / 1000, UTC)
        write({"Records": [kinesis_record(encode_record(symbol, found), symbol, arrived_at)]}, Context())

    return tell


def ask(route: str, symbol: str | None = None, **query: str) -> tuple[int, dict[str, Any]]:
    """Status and body; `from_` is the parameter `from`."""
    parameters = {name.rstrip("_"): value for name, value in query.items()}
    path = {"symbol": symbol} if symbol is not None else None
    answer = handler({"routeKey": route, "pathParameters": path, "queryStringParameters": parameters or None}, None)
    kind = "application/json" if answer["statusCode"] == 200 else "application/problem+json"
    assert answer["headers"]["content-type"] == kind
    return answer["statusCode"], json.loads(answer["body"])


def test_the_latest_price_comes_with_its_day(told) -> None:
    told("LATE.ST", ("8", 0), ("10.25", 2 * MINUTE_MS + 123), ("7.5", MINUTE_MS))
    assert ask("GET /trades/{symbol}/latest", "LATE.ST") == (
        200,
        {
            "symbol": "LATE.ST",
            "price": 10.25,
            "traded_at": "2026-11-20T14:32:00.123Z",
            "day": {
                "date": "2026-11-20",
                "open": 8,
                "high": 10.25,
                "low": 7.5,
                "close": 10.25,
                "volume": 6,
                "trade_count": 3,
                "change_share": 0.28125,
            },
        },
    )


def test_a_symbol_without_trades_is_not_found(function) -> None:
    status, problem = ask("GET /trades/{symbol}/latest", "NOBODY")
    assert (status, problem["status"], problem["type"]) == (404, 404, "urn:lakehouse:problem:unknown-symbol")


def test_bars_are_those_of_the_minutes_that_are_asked_for_page_by_page(told) -> None:
    told("BARS", *((str(number + 1), number * MINUTE_MS) for number in range(6)))
    window = {"from_": "2026-11-20T14:31Z", "to": "2026-11-20T14:35Z"}
    pages = [ask("GET /trades/{symbol}/bars", "BARS", **window, limit="3")[1]]
    pages.append(ask("GET /trades/{symbol}/bars", "BARS", **(window | {"from_": pages[0]["next"]}), limit="3")[1])
    assert [bar["minute"][-6:] for page in pages for bar in page["bars"]] == ["14:31Z", "14:32Z", "14:33Z", "14:34Z"]
    assert [page["next"] for page in pages] == ["2026-11-20T14:34Z", None]
    bar = {"minute": "2026-11-20T14:31Z", "open": 2, "high": 2, "low": 2, "close": 2, "volume": 2, "trade_count": 1}
    assert pages[0]["bars"][0] == bar


def test_without_a_window_the_last_hour_is_answered(told) -> None:
    assert ask("GET /trades/{symbol}/bars", "BARS") == (200, {"symbol": "BARS", "bars": [], "next": None})


def test_movers_are_ranked_over_all_partitions_of_their_day(told) -> None:
    for number in range(20):
        told(f"MOVER{number}", ("100", DAY_MS // 2), (str(90 + number), DAY_MS // 2 + 1))
    _, up = ask("GET /movers", date="2026-11-21", limit="3")
    _, down = ask("GET /movers", date="2026-11-21", limit="3", direction="down")
    assert [found["symbol"] for found in up["movers"]] == ["MOVER19", "MOVER18", "MOVER17"]
    assert [found["change_share"] for found in up["movers"]] == [0.09, 0.08, 0.07]
    assert [found["symbol"] for found in down["movers"]] == ["MOVER0", "MOVER1", "MOVER2"]
    assert (up["date"], up["direction"], up["movers"][0]["price"]) == ("2026-11-21", "up", 109)


@pytest.mark.parametrize(
    ("route", "symbol", "query", "kind"),
    [
        ("GET /trades/{symbol}/latest", "aapl", {}, "wrong-parameter"),
        ("GET /trades/{symbol}/latest", "A' OR '1'='1", {}, "wrong-parameter"),
        ("GET /trades/{symbol}/latest", "AAPL", {"limit": "1"}, "unknown-parameter"),
        ("GET /trades/{symbol}/bars", "AAPL", {"from_": "yesterday"}, "wrong-parameter"),
        ("GET /trades/{symbol}/bars", "AAPL", {"to": "2026-13-01T00:00Z"}, "wrong-parameter"),
        (
            "GET /trades/{symbol}/bars",
            "AAPL",
            {"from_": "2026-11-20T14:31Z", "to": "2026-11-20T14:31Z"},
            "wrong-parameter",
        ),
        ("GET /trades/{symbol}/bars", "AAPL", {"limit": "0"}, "wrong-parameter"),
        ("GET /trades/{symbol}/bars", "AAPL", {"limit": "1001"}, "wrong-parameter"),
        ("GET /movers", None, {"limit": "1,2"}, "wrong-parameter"),
        ("GET /movers", None, {"date": "20261120"}, "wrong-parameter"),
        ("GET /movers", None, {"date": "2026-02-30"}, "wrong-parameter"),
        ("GET /movers", None, {"direction": "sideways"}, "wrong-parameter"),
    ],
)
def test_a_wrong_parameter_is_named(function, route, symbol, query, kind) -> None:
    status, problem = ask(route, symbol, **query)
    assert (status, problem["type"]) == (400, f"urn:lakehouse:problem:{kind}")
    assert set(problem) == {"type", "title", "status", "detail"}


def test_without_the_table_the_client_is_told_to_come_again(function, monkeypatch) -> None:
    monkeypatch.setenv("LAKEHOUSE_TRADE_BARS_TABLE", "no-such-table")
    status, problem = ask("GET /movers")
    assert (status, problem["type"]) == (503, "urn:lakehouse:problem:unavailable")


def test_every_route_of_the_template_is_answered() -> None:
    resources = decode.decode(str(TEMPLATE))[0]["Resources"].values()
    routes = {found["Properties"]["RouteKey"] for found in resources if found["Type"] == "AWS::ApiGatewayV2::Route"}
    assert routes == ROUTES.keys()
