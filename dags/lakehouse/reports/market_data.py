"""What the page of market data shows."""

from lakehouse_aws.reports.charts import Axis, BarChart, BubbleChart, LineChart
from lakehouse_aws.reports.report import Report, Section
from lakehouse_aws.reports.tables import Column, Table

from lakehouse_contract.datasets import MARKET_DATA

SQL = "sql/athena/market_data_report"
DAY = Axis("Trading day", type="date")
VOLUME = Axis("Units traded")

MARKET_DATA_REPORT = Report(
    "Market data",
    MARKET_DATA.tables,
    [
        Section(
            "Daily price change",
            "By how much the closing price differs from that of the trading day before: the mean of all instruments, "
            "over the last year, a line per currency.",
            f"{SQL}/daily_price_change.sql",
            LineChart(
                x="trade_date",
                y="average_change_share",
                by="currency_code",
                x_axis=DAY,
                y_axis=Axis("Mean change", ".1%"),
            ),
        ),
        Section(
            "Daily volume",
            "Units of all instruments that were traded on a day, over the last year.",
            f"{SQL}/daily_volume.sql",
            BarChart(x="trade_date", y="volume", x_axis=DAY, y_axis=VOLUME),
        ),
        Section(
            "Monthly volume",
            "Units of all instruments that were traded in a month.",
            f"{SQL}/monthly_volume.sql",
            BarChart(x="calendar_month", y="volume", x_axis=Axis("Month", type="category"), y_axis=VOLUME),
        ),
        Section(
            "Price against volume",
            "A bubble per instrument in the last month: its closing price in its currency, the units that were traded "
            "on a mean day, and as its area the value of all that was traded. Both axes are logarithmic.",
            f"{SQL}/price_and_volume.sql",
            BubbleChart(
                x="average_volume",
                y="close",
                area="traded_value",
                name="symbol",
                by="sector",
                x_axis=Axis("Units traded a day", type="log"),
                y_axis=Axis("Closing price", type="log"),
                area_title="Traded value",
            ),
        ),
        Section(
            "Risk",
            "The last year of each instrument: the simple return; the volatility of a year; the largest loss from a "
            "high; the loss that one day in twenty exceeds; and the Sharpe ratio with a risk-free rate of 4 %. The "
            "100 best ratios.",
            f"{SQL}/risk.sql",
            Table(
                {
                    "symbol": Column("Symbol"),
                    "currency_code": Column("Currency"),
                    "year": Column("Year"),
                    "trading_days": Column("Days", ",.0f"),
                    "return_share": Column("Return", "+.1%"),
                    "annual_volatility": Column("Volatility", ".1%"),
                    "largest_drawdown_share": Column("Largest drawdown", ".1%"),
                    "value_at_risk_share": Column("Value at risk (95 %)", ".1%"),
                    "sharpe_ratio": Column("Sharpe ratio", ".2f"),
                }
            ),
        ),
    ],
)
