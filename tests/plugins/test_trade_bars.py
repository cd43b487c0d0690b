"""Minute bars of the lake against those that the function has written to DynamoDB."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from cfnlint import decode
from lakehouse_aws.athena.query import AthenaQueryOperator
from lakehouse_aws.athena.rows import AthenaRowsHook
from lakehouse_aws.trades.bars import MinuteBar, TradeBarsHook
from lakehouse_aws.trades.compare import CompareMinuteBarsOperator
from lakehouse_aws.trades.positions import ShardPosition, StreamPositions
from trades_to_dynamodb.transactions import StreamedTrade
from trades_to_dynamodb.writing import TradeWriter

from lakehouse_contract.trades import Trade
from tests.lambdas.conftest import create_tables
from tests.plugins.trades_lake import TradesLake, trade

INFRA = Path(__file__).parents[2] / "infra"
DAGS_FOLDER = INFRA.parent / "dags"
MADE_AT = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
SYMBOLS = (f"BAR{number}" for number in count())


@pytest.fixture
def lake(trades_lake: TradesLake) -> TradesLake:
    return trades_lake


@pytest.fixture(scope="module")
def dynamodb(aws) -> Any:
    client = aws("dynamodb")
    create_tables(client)
    return client


@pytest.fixture
def write(dynamodb):
    """`write(trade, number)`: as the function does, of a record with a sequence number."""

    def write(found: Trade, number: int = 1, shard_id: str = "shard-0") -> None:
        writer = TradeWriter(dynamodb, "lakehouse-trades", "lakehouse-trade-bars", lambda: True)
        assert writer.write([StreamedTrade(found, shard_id, str(number))]).stored

    return write


def at(symbol: str, price: int, seconds: float) -> Trade:
    return trade(symbol, price, traded_at_ms=int((MADE_AT.timestamp() + seconds) * 1000))


def bar_of(symbol: str, *prices: int) -> MinuteBar:
    values = (Decimal(price) for price in (prices[0], max(prices), min(prices), prices[-1], 3 * len(prices)))
    return MinuteBar(symbol, "2026-11-20T14:30Z", *values, len(prices))


def read_to(number: int) -> StreamPositions:
    return StreamPositions(MADE_AT, {"shard-0": ShardPosition(str(number), MADE_AT)})


def told(bar: MinuteBar, number: int = 99) -> list[str]:
    return [str(difference) for difference in TradeBarsHook().differences([bar], read_to(number))]


def test_equal_bars_are_no_difference(write) -> None:
    symbol = next(SYMBOLS)
    write(at(symbol, 7, 0))
    write(at(symbol, 5, 59.999))
    assert told(bar_of(symbol, 7, 5)) == []


def test_a_difference_names_symbol_minute_and_both_bars(write) -> None:
    symbol = next(SYMBOLS)
    write(at(symbol, 7, 0))
    (sentence,) = told(bar_of(symbol, 7, 5))
    assert sentence == (
        f"{symbol} at 2026-11-20T14:30Z: the lake has open 7, high 7, low 5, close 5, volume 6 of 2 trades; "
        "DynamoDB has open 7, high 7, low 7, close 7, volume 3 of 1 trades"
    )


def test_a_bar_that_dynamodb_lacks_is_a_difference(dynamodb) -> None:
    (sentence,) = told(bar_of(next(SYMBOLS), 7))
    assert sentence.endswith("DynamoDB has none")


def test_trades_that_the_lake_is_yet_to_read_are_left_out(write) -> None:
    symbol = next(SYMBOLS)
    write(at(symbol, 7, 0), number=1)
    write(at(symbol, 9, -0.001), number=2)
    write(at(symbol, 9, 60), number=2)
    write(at(symbol, 5, 30), number=10)
    assert told(bar_of(symbol, 7), number=9) == []
    assert len(told(bar_of(symbol, 7), number=10)) == 1


def alone(bars: list[MinuteBar], symbol: str, number: int = 99) -> list[str]:
    found = TradeBarsHook().unknown_to_lake(bars, MADE_AT, MADE_AT + timedelta(minutes=1), read_to(number))
    return [str(difference) for difference in found if difference.key[0] == symbol]


def test_a_bar_that_the_lake_lacks_is_a_difference_once_it_has_read_its_trades(write) -> None:
    symbol = next(SYMBOLS)
    write(at(symbol, 7, 60), number=10)
    write(at(symbol, 8, 120), number=10)
    (sentence,) = alone([], symbol)
    assert sentence.startswith(f"{symbol} at 2026-11-20T14:31Z: the lake has none; DynamoDB has open 7, ")
    assert alone([], symbol, number=9) == []
    write(at(symbol, 7, 0), number=10)
    assert len(alone([bar_of(symbol, 7)], symbol)) == 1


@pytest.fixture
def athena_arguments(lake) -> dict[str, str]:
    return {
        "database": lake.database,
        "workgroup": "primary",
        "output_location": f"s3://{lake.bucket}/results/",
    }


@pytest.fixture
def athena(run, athena_arguments):
    """`athena(query)`: the rows of a statement, or of a .sql file."""

    def ask(query: str) -> list[dict[str, str]]:
        with DAG("trades", template_searchpath=str(DAGS_FOLDER), schedule=None):
            task = AthenaQueryOperator(task_id="ask", query=query, **athena_arguments)
        task.render_template_fields({})
        query_id = run(task)
        return AthenaRowsHook().rows(query_id) if "SELECT" in task.query.split()[:1] else []

    return ask


@pytest.fixture
def compare(run, lake, athena, athena_arguments) -> Any:
    """`compare(run)` makes the view and compares; the stream was read up to now."""

    def compare(loaded: str) -> dict[str, int]:
        athena("sql/athena/trade_minute_bars/create_view.sql")
        with DAG("trades", template_searchpath=str(DAGS_FOLDER), schedule=None):
            compare_bars = CompareMinuteBarsOperator(
                task_id="compare",
                query="sql/athena/trade_minute_bars/arrived_since.sql",
                run=loaded,
                bucket=lake.bucket,
                **athena_arguments,
            )
        return run(compare_bars)

    return compare


def test_what_the_lake_has_published_is_compared_but_for_minutes_that_are_open(lake, compare, context, write) -> None:
    closed, open_now, unknown = next(SYMBOLS), next(SYMBOLS), next(SYMBOLS)
    some_minutes_ago = (datetime.now(UTC) - timedelta(minutes=9)).replace(second=30)
    trades = [
        trade(closed, price, traded_at_ms=int(some_minutes_ago.timestamp() * 1000) + price) for price in (8, 3, 6)
    ]
    lake.put(*trades, trade(open_now, 1))
    loaded = lake.load()
    lake.publish(loaded)
    rows = {row["trade_id"]: row for row in lake.rows("trades")}
    for found in trades[:2]:
        write(found, int(rows[found.trade_id]["sequence_number"]), rows[found.trade_id]["shard_id"])
    difference = f"^[12] minute bars differ: {closed} at"
    with pytest.raises(AirflowException, match=rf"{difference}.*The next try asks again\.$"):
        compare(loaded)
    context["ti"].try_number = 3
    with pytest.raises(AirflowFailException, match=difference):
        compare(loaded)
    last = rows[trades[2].trade_id]
    write(trades[2], int(last["sequence_number"]), last["shard_id"])
    assert compare(loaded) in ({"compared": 1}, {"compared": 2})
    lost = trade(unknown, 7, traded_at_ms=int(some_minutes_ago.timestamp() * 1000))
    write(lost, int(last["sequence_number"]), last["shard_id"])
    with pytest.raises(AirflowFailException, match=rf"^1 minute bars differ: {unknown} at .*: the lake has none; "):
        compare(loaded)


def test_bars_of_minutes_and_days_are_those_of_the_trades_beside_the_prices_of_the_market(lake, athena) -> None:
    hour = (datetime.now(UTC) - timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    moments = {8: 0.5, 3: 59.999, 6: 60, 7: 0.25}
    trades = [
        trade("AAPL", price, traded_at_ms=int((hour.timestamp() + seconds) * 1000))
        for price, seconds in moments.items()
    ]
    lake.put(*trades)
    lake.load_and_publish()
    for view in ("trade_minute_bars", "trade_daily_bars"):
        athena(f"sql/athena/{view}/create_view.sql")
    minutes = athena(
        'SELECT minute_at, "open", high, low, close, volume, trade_count FROM trade_minute_bars ORDER BY 1'
    )
    assert [tuple(Decimal(value) for value in list(row.values())[1:]) for row in minutes] == [
        (7, 8, 3, 3, 9, 3),
        (6, 6, 6, 6, 3, 1),
    ]
    athena(
        f"CREATE TABLE market_prices WITH (table_type = 'ICEBERG', is_external = false, "
        f"location = 's3://{lake.bucket}/analytics/market_prices') AS SELECT 'AAPL' AS symbol, "
        f"DATE '{hour:%Y-%m-%d}' AS trade_date, CAST(5 AS DECIMAL(18, 6)) AS close, CAST(9 AS DECIMAL(18, 6)) AS volume"
    )
    (found,) = athena("sql/athena/trade_daily_bars/beside_market_prices.sql")
    assert (found["symbol"], found["trade_date"], found["trade_count"]) == ("AAPL", f"{hour:%Y-%m-%d}", "4")
    assert [Decimal(found[name]) for name in ("live_close", "market_close", "live_volume", "market_volume")] == [
        6,
        5,
        12,
        9,
    ]
    assert Decimal(found["close_difference_share"]) == Decimal("0.2")
    resources = decode.decode(str(INFRA / "lakehouse.yaml"))[0]["Resources"]
    beside = INFRA.parent / "sql/athena/trade_daily_bars/beside_market_prices.sql"
    assert resources["LiveBesideMarketPricesQuery"]["Properties"]["QueryString"] == beside.read_text()
    (of_day,) = athena(resources["LiveDailyBarsQuery"]["Properties"]["QueryString"])
    assert (of_day["symbol"], of_day["trade_count"]) == ("AAPL", "4")
