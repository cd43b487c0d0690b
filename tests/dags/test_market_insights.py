"""The questions to the market data: Athena and Redshift give the numbers that plain Python works out from the bars."""

import math
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from cfnlint import decode
from lakehouse.market_prices import VIEWS
from lakehouse.redshift import preparation_of, transaction
from lakehouse.settings import REDSHIFT_DATABASE
from lakehouse_aws.athena.check import AthenaCheckOperator
from lakehouse_aws.redshift.load import RedshiftLoadOperator

from lakehouse_contract.datasets import MARKET_DATA
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags.market_data_lake import BARS, DAILY, DAYS, INSTRUMENTS, MONTHLY, risk, tables
from tests.dags.star_schema_lake import LOOK_SECONDS, Lake

REPOSITORY = Path(__file__).parents[2]
SQL = REPOSITORY / "sql"
RESOURCES = decode.decode(str(REPOSITORY / "infra/lakehouse.yaml"))[0]["Resources"]
RISK_FREE_RATE = 0.045


@pytest.fixture(scope="module")
def lake(aws, aws_endpoint) -> Iterator[Lake]:
    """Market data published, with its views in Athena, and in Redshift."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        lake = Lake(aws)
        lake.publish_dataset(MARKET_DATA, tables(), "jr_1")
        for view in VIEWS:
            lake.athena(f"sql/athena/{view}/create_view.sql")
        lake.run(
            RedshiftLoadOperator,
            tables=MARKET_DATA.tables,
            preparation=preparation_of(MARKET_DATA.tables),
            scripts=transaction(then=[f"sql/redshift/{view}/create_view.sql" for view in VIEWS]),
            bucket=lake.name,
            glue_database=lake.database,
            database=REDSHIFT_DATABASE,
            workgroup_name=lake.name,
            poll_interval=LOOK_SECONDS,
        )
        yield lake


@pytest.fixture(params=["athena", "redshift"])
def ask(request, lake):
    """`ask(view)`: all rows of a view in one of the engines."""

    def rows_of(view: str) -> list[dict[str, str | None]]:
        if request.param == "athena":
            return lake.athena_rows(f"SELECT * FROM {view}")
        return lake.redshift_rows(f"SELECT * FROM analytics.{view}")

    return rows_of


def test_the_demonstration_shows_every_bar_by_sector(lake):
    expected = {}
    for symbol, day in BARS:
        symbols, days = expected.setdefault(INSTRUMENTS[symbol]["sector"] or "unknown", (set(), []))
        symbols.add(symbol)
        days.append(day)
    found = {row.pop("sector"): row for row in lake.athena_rows("sql/athena/market_prices/by_sector.sql")}
    assert found == {
        sector: {
            "symbols": str(len(symbols)),
            "bars": str(len(days)),
            "first_day": str(min(days)),
            "last_day": str(max(days)),
        }
        for sector, (symbols, days) in expected.items()
    }


def assert_same(found: list[dict], keys: tuple[str, ...], expected: dict[tuple, dict[str, Any]]) -> None:
    """Rows of an engine, as texts, are those expected by their keys; numbers to twelve digits."""
    by_key = {tuple(row[key] for key in keys): row for row in found}
    assert len(by_key) == len(found)
    assert by_key.keys() == {tuple(map(str, key)) for key in expected}
    different = {
        (key, column): (by_key[tuple(map(str, key))][column], value)
        for key, values in expected.items()
        for column, value in values.items()
        if not _is_same(by_key[tuple(map(str, key))][column], value)
    }
    assert different == {}


def _is_same(found: str | None, expected: Any) -> bool:
    if found is None or expected is None:
        return found is expected
    if isinstance(expected, float):
        return math.isclose(float(found), expected, rel_tol=1e-9, abs_tol=1e-12)
    return Decimal(found) == expected if isinstance(expected, int | Decimal) else found == str(expected)


def known(values) -> list:
    return [value for value in values if value is not None]


def test_daily_totals(ask):
    expected = {}
    for currency in ("USD", "EUR"):
        for day in DAYS:
            rows = [DAILY[symbol, day] for symbol, of in INSTRUMENTS.items() if of["currency_code"] == currency]
            changes, closes = known(row["change_share"] for row in rows), [row["close"] for row in rows]
            expected[day, currency] = {
                "instruments": len(rows),
                "volume": sum(known(row["volume"] for row in rows)),
                "traded_value": sum(known(row["traded_value"] for row in rows)),
                "average_close": fmean(map(float, closes)),
                "lowest_close": min(closes),
                "highest_close": max(closes),
                "average_change_share": fmean(changes) if changes else None,
                "worst_change_share": min(changes, default=None),
                "best_change_share": max(changes, default=None),
                "advances": sum(row["change"] is not None and row["change"] > 0 for row in rows),
                "declines": sum(row["change"] is not None and row["change"] < 0 for row in rows),
            }
    assert_same(ask("market_daily_totals"), ("trade_date", "currency_code"), expected)


def test_monthly_totals(ask):
    groups = defaultdict(list)
    for (_, currency, year, month), values in MONTHLY.items():
        groups[year, month, currency].append(values)
    expected = {
        group: {
            "instruments": len(rows),
            "bars": sum(row["trading_days"] for row in rows),
            "volume": sum(known(row["volume"] for row in rows)),
            "traded_value": sum(known(row["traded_value"] for row in rows)),
            "average_close": fmean(float(row["close"]) for row in rows),
            "lowest_price": min(row["low"] for row in rows),
            "highest_price": max(row["high"] for row in rows),
            "average_change_share": fmean(changes) if (changes := known(row["change_share"] for row in rows)) else None,
        }
        for group, rows in groups.items()
    }
    assert_same(ask("market_monthly_totals"), ("year", "month", "currency_code"), expected)


def test_daily_movers(ask):
    expected = {}
    for day in DAYS[1:]:
        by_change = sorted((-DAILY[symbol, day]["change_share"], symbol) for symbol in INSTRUMENTS)
        losers = sorted((DAILY[symbol, day]["change_share"], symbol) for symbol in INSTRUMENTS)
        for rank, (negative, symbol) in enumerate(by_change, 1):
            expected[day, symbol] = {
                "sector": INSTRUMENTS[symbol]["sector"],
                "change": DAILY[symbol, day]["change"],
                "change_share": -negative,
                "gain_rank": rank,
                "loss_rank": losers.index((-negative, symbol)) + 1,
            }
    assert_same(ask("market_daily_movers"), ("trade_date", "symbol"), expected)


def test_contributions_of_sectors_and_categories_add_up_to_the_market(ask):
    expected: dict[tuple, dict[str, Any]] = {}
    months = {(year, month, currency) for _, currency, year, month in MONTHLY}
    for year, month, currency in months:
        rows = {
            symbol: values
            for (symbol, *group), values in MONTHLY.items()
            if group == [currency, year, month] and values["change_share"] is not None
        }
        total = float(sum(row["traded_value"] for row in rows.values()))
        for grouped_by in ("sector", "category"):
            groups = defaultdict(list)
            for symbol, row in rows.items():
                groups[INSTRUMENTS[symbol][grouped_by] or "unknown"].append(row)
            contributions = {
                name: sum(float(row["traded_value"]) / total * row["change_share"] for row in members)
                for name, members in groups.items()
            }
            ranked = sorted(contributions, key=lambda name: (-contributions[name], name))
            for name, members in groups.items():
                share = sum(float(row["traded_value"]) for row in members) / total
                expected[grouped_by, name, year, month, currency] = {
                    "instruments": len(members),
                    "traded_value": sum(row["traded_value"] for row in members),
                    "value_share": share,
                    "average_change_share": contributions[name] / share,
                    "contribution_share": contributions[name],
                    "contribution_rank": ranked.index(name) + 1,
                }
    keys = ("grouped_by", "group_name", "year", "month", "currency_code")
    assert_same(ask("market_group_contributions"), keys, expected)


def test_drawdowns(ask):
    expected = {}
    for symbol in INSTRUMENTS:
        highest = Decimal()
        for day in DAYS:
            close = DAILY[symbol, day]["close"]
            highest = max(highest, close)
            expected[symbol, day] = {"highest_close": highest, "drawdown_share": float(close) / float(highest) - 1}
    assert_same(ask("market_drawdowns"), ("symbol", "trade_date"), expected)


def test_risk_of_a_year(ask):
    expected = {
        (symbol, of["currency_code"], year): risk(symbol, year)
        for symbol, of in INSTRUMENTS.items()
        for year in (2023, 2024)
    }
    assert_same(ask("market_risk"), ("symbol", "currency_code", "year"), expected)


@pytest.mark.parametrize("engine", ["athena", "redshift"])
def test_the_sharpe_ratio_takes_the_risk_free_rate_as_a_parameter(lake, engine):
    question = (SQL / engine / "market_risk/question.sql").read_text()
    answers = {"athena": Lake.athena_answer, "redshift": redshift_answer}
    found = answers[engine](lake, question, {"risk_free_rate": str(RISK_FREE_RATE), "year": "2024"})
    expected = {}
    for symbol in INSTRUMENTS:
        of_symbol = risk(symbol, 2024)
        ratio = (of_symbol["annual_return_share"] - RISK_FREE_RATE) / of_symbol["annual_volatility"]
        expected[(symbol,)] = of_symbol | {"sharpe_ratio": ratio}
    assert_same(found, ("symbol",), expected)
    assert [row["symbol"] for row in found] == sorted(INSTRUMENTS, key=lambda name: -expected[(name,)]["sharpe_ratio"])


def redshift_answer(lake: Lake, question: str, parameters: dict[str, str]) -> list[dict]:
    return lake.redshift_rows(
        question, Parameters=[{"name": name, "value": value} for name, value in parameters.items()]
    )


def saved(name: str) -> str:
    return RESOURCES[name]["Properties"]["QueryString"]


def test_the_saved_question_of_risk_is_the_one_that_is_tried():
    assert saved("MarketRiskQuery") == (SQL / "athena/market_risk/question.sql").read_text()


def test_the_saved_queries_tell_of_the_last_day_and_of_a_month(lake):
    movers = lake.athena_rows(saved("MarketMoversQuery"))
    last = {symbol: DAILY[symbol, DAYS[-1]]["change_share"] for symbol in INSTRUMENTS}
    assert [(row["trade_date"], row["symbol"]) for row in movers] == [
        (str(DAYS[-1]), symbol) for symbol in sorted(last, key=lambda symbol: -last[symbol])
    ]
    months = lake.athena_answer(saved("MarketContributionsQuery"), {"year": "2024", "month": "1"})
    assert {(row["grouped_by"], row["currency_code"], row["group_name"]) for row in months} == {
        ("category", "EUR", "Common Stock"),
        ("category", "USD", "Common Stock"),
        ("category", "USD", "ETF"),
        ("sector", "EUR", "Technology"),
        *(("sector", "USD", sector) for sector in ("Technology", "Energy", "unknown")),
    }


@pytest.mark.parametrize("view", VIEWS)
def test_the_two_engines_are_asked_the_same(view):
    """But for the schema and the name of the type, the statements are one."""
    athena, redshift = ((SQL / engine / view / "create_view.sql").read_text() for engine in ("athena", "redshift"))
    assert redshift.replace("analytics.", "").replace("double precision", "double").replace(";", "") == athena


def test_sound_market_data_have_no_violation_and_a_price_that_is_not_measured_is_one(lake):
    verification = "sql/athena/market_prices/verification.sql"
    lake.athena(verification, AthenaCheckOperator)
    wrong = tables()
    del wrong["market_daily_metrics"][0], wrong["dim_instruments"][1]
    lake.publish_dataset(MARKET_DATA, wrong, "jr_2")
    with pytest.raises(AirflowFailException) as failure:
        lake.athena(verification, AthenaCheckOperator)
    assert "market_prices are not measured, row_count 1" in str(failure.value)
    assert "market_monthly_metrics has other days than market_daily_metrics, row_count 1" in str(failure.value)
    assert f"market_prices.instrument_key is not in dim_instruments, row_count {len(DAYS)}" in str(failure.value)
