"""The named queries: all that the dashboard can ask.

A query of Athena's names its .sql file and what is bound to the file's question marks, in their order. A year or a
month that is not given is bound as the range of all of them, so that a query reads the partitions that it needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard_api.parameters import Code, Integer, Parameter, Share

FIRST_YEAR, LAST_YEAR = 1900, 2099
Values = dict[str, Any]

YEAR = Integer("year", "The year of the rows; all years without it.", least=FIRST_YEAR, most=LAST_YEAR)
MONTH = Integer("month", "The month of the rows, 1 to 12; all months without it.", least=1, most=12)
SYMBOL = Code(
    "symbol",
    "The ticker, in capitals.",
    is_required=True,
    pattern=r"[A-Z0-9][A-Z0-9.^=:/_-]{0,31}",
    example="AAPL",
)
CURRENCY = Code(
    "currency", "The currency of the amounts, as in ISO 4217.", is_required=True, pattern=r"[A-Z]{3}", example="EUR"
)
RISK_YEAR = Integer("year", "The calendar year.", is_required=True, least=FIRST_YEAR, most=LAST_YEAR)
RISK_FREE = Share("risk_free", "The risk-free rate of a year, as a share.", default="0.04")
# Of every query: which of its rows are wanted.
LIMIT = Integer("limit", "The most rows to answer.", default=1000, least=1, most=10_000)
OFFSET = Integer("offset", "How many rows to leave out before them.", default=0, least=0, most=10_000)
PAGING = (LIMIT, OFFSET)


@dataclass(frozen=True)
class Query:
    """What every named query has; its result may be `max_age_seconds` old."""

    name: str
    meaning: str
    parameters: tuple[Parameter, ...] = ()
    max_age_seconds: int = 300


@dataclass(frozen=True)
class AthenaQuery(Query):
    """The text stands in `sql`, below sql/athena; `bind` gives what takes the place of its question marks."""

    sql: str = ""
    bind: Callable[[Values], list[str]] = lambda _values: []


@dataclass(frozen=True)
class StateQuery(Query):
    """What no table says: the state of the lake, by a source of dashboard_api.state."""

    source: str = ""
    max_age_seconds: int = 20


def text(value: str) -> str:
    """A literal of SQL: Athena takes execution parameters as such (API reference of StartQueryExecution)."""
    return "'" + value.replace("'", "''") + "'"


def _years(values: Values) -> list[str]:
    year = values.get("year")
    return [str(year or FIRST_YEAR), str(year or LAST_YEAR)]


def _period(values: Values) -> list[str]:
    month = values.get("month")
    return [*_years(values), str(month or 1), str(month or 12)]


def _symbol_and_period(values: Values) -> list[str]:
    return [text(values["symbol"]), *_period(values)]


def _currency_and_years(values: Values) -> list[str]:
    return [text(values["currency"]), *_years(values)]


def _rate_and_year(values: Values) -> list[str]:
    return [text(values["risk_free"]), str(values["year"])]


STOCKS = (
    AthenaQuery("stock-years", "Years that have stock prices.", sql="dashboard_stocks/years.sql"),
    AthenaQuery("stock-symbols", "Symbols that have stock prices.", sql="dashboard_stocks/symbols.sql"),
    AthenaQuery(
        "stock-months",
        "Prices and volume of all symbols, by month.",
        (YEAR, MONTH),
        sql="dashboard_stocks/months.sql",
        bind=_period,
    ),
    AthenaQuery(
        "stock-months-of-csv",
        "The same as stock-months, from the CSV files that were loaded.",
        (YEAR, MONTH),
        sql="dashboard_stocks/months_of_csv_files.sql",
        bind=_period,
    ),
    AthenaQuery(
        "stock-prices",
        "Daily prices of one symbol.",
        (SYMBOL, YEAR, MONTH),
        sql="dashboard_stocks/prices_of_symbol.sql",
        bind=_symbol_and_period,
    ),
    AthenaQuery(
        "stock-prices-of-csv",
        "The same as stock-prices, from the CSV files that were loaded.",
        (SYMBOL, YEAR, MONTH),
        sql="dashboard_stocks/prices_of_symbol_of_csv_files.sql",
        bind=_symbol_and_period,
    ),
)
MARKET = (
    AthenaQuery("market-years", "Years that have a risk to tell.", sql="dashboard_market/years.sql"),
    AthenaQuery(
        "market-daily-change",
        "Average daily change of the last year, by currency.",
        sql="market_data_report/daily_price_change.sql",
    ),
    AthenaQuery("market-daily-volume", "Daily volume of the last year.", sql="market_data_report/daily_volume.sql"),
    AthenaQuery("market-monthly-volume", "Monthly volume.", sql="market_data_report/monthly_volume.sql"),
    AthenaQuery(
        "market-price-and-volume",
        "Price and average volume of each instrument in the last month.",
        sql="market_data_report/price_and_volume.sql",
    ),
    AthenaQuery(
        "market-risk",
        "Return, volatility, drawdown, value at risk and Sharpe ratio of a calendar year.",
        (RISK_YEAR, RISK_FREE),
        sql="market_risk/question.sql",
        bind=_rate_and_year,
    ),
)
SALES = (
    AthenaQuery("sales-by-year", "Revenue and profit by year.", sql="dashboard_sales/by_year.sql"),
    AthenaQuery(
        "sales-by-region", "Revenue and profit by region.", (YEAR,), sql="dashboard_sales/by_region.sql", bind=_years
    ),
    AthenaQuery(
        "sales-by-product",
        "Revenue and profit by type of items.",
        (YEAR,),
        sql="dashboard_sales/by_product.sql",
        bind=_years,
    ),
    AthenaQuery("sales-by-region-and-year", "Revenue by region and year.", sql="sales_report/by_region_and_year.sql"),
)
WAREHOUSE = (
    AthenaQuery("warehouse-years", "Years that have transactions.", sql="dashboard_warehouse/years.sql"),
    AthenaQuery("warehouse-currencies", "Currencies of the transactions.", sql="dashboard_warehouse/currencies.sql"),
    AthenaQuery(
        "warehouse-customers",
        "Totals by customer in one currency; a customer is a key.",
        (CURRENCY, YEAR),
        sql="dashboard_warehouse/customers.sql",
        bind=_currency_and_years,
    ),
    AthenaQuery(
        "warehouse-months",
        "Totals by month and type of transaction in one currency.",
        (CURRENCY, YEAR),
        sql="dashboard_warehouse/months.sql",
        bind=_currency_and_years,
    ),
)
HEALTH = (
    AthenaQuery(
        "reconciliation",
        "Rows at every hop of the warehouse's last run.",
        max_age_seconds=60,
        sql="warehouse_report/last_reconciliation.sql",
    ),
    AthenaQuery(
        "stock-files", "What became of the stock files.", max_age_seconds=60, sql="dashboard_health/stock_files.sql"
    ),
    AthenaQuery(
        "sales-files", "What became of the sales files.", max_age_seconds=60, sql="dashboard_health/sales_files.sql"
    ),
    AthenaQuery(
        "quarantined-files",
        "The last stock files that cannot be used, and why.",
        max_age_seconds=60,
        sql="arrivals_report/quarantined_files.sql",
    ),
    StateQuery("tables", "What is published in each table, and since when.", source="published_tables"),
    StateQuery("quality", "The last audit of each dataset that has one.", source="audits"),
    StateQuery("runs", "The last runs of the Glue jobs.", source="job_runs"),
    StateQuery("waiting-files", "Files that have arrived and are not loaded.", source="waiting_files"),
    StateQuery("metrics", "Quality score and tables that do not reconcile, of 30 days.", source="metrics"),
)
QUERIES = {query.name: query for query in (*STOCKS, *MARKET, *SALES, *WAREHOUSE, *HEALTH)}
