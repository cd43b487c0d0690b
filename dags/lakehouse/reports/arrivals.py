"""What the page of the arriving stock files shows."""

from lakehouse_aws.reports.charts import Axis, BarChart, LineChart
from lakehouse_aws.reports.report import Report, Section
from lakehouse_aws.reports.tables import Column, Table

from lakehouse_contract.datasets import STOCK_PRICES

SQL = "sql/athena/arrivals_report"
DAY = Axis("Day of arrival (UTC)", type="category")

ARRIVALS_REPORT = Report(
    "Stock prices from files",
    STOCK_PRICES.tables,
    [
        Section(
            "Closing prices",
            "The five stocks with the largest traded value in the last year that the table has.",
            f"{SQL}/closing_prices.sql",
            LineChart(
                x="trade_date",
                y="close",
                by="symbol",
                x_axis=Axis("Trading day", type="date"),
                y_axis=Axis("Closing price"),
            ),
        ),
        Section(
            "Files by day",
            "Files that arrived, by what became of them, up to 60 days before the last arrival.",
            f"{SQL}/files_by_day.sql",
            BarChart(x="arrived_on", y="files", by="status", x_axis=DAY, y_axis=Axis("Files", ",~g")),
        ),
        Section(
            "Rows by day",
            "Rows of these files that their load put into the table, and those that it rejected.",
            f"{SQL}/rows_by_day.sql",
            BarChart(
                x="arrived_on",
                y={"loaded": "rows_out", "rejected": "rows_rejected"},
                x_axis=DAY,
                y_axis=Axis("Rows"),
            ),
        ),
        Section(
            "Rejected rows",
            "Rows of all files that are no prices, or in whose place others are, by reason.",
            f"{SQL}/rejects_by_reason.sql",
            Table({"reason": Column("Reason"), "rejected_rows": Column("Rows", ",.0f")}),
        ),
        Section(
            "Quarantined files",
            "The last 20 files that could not be used, and why.",
            f"{SQL}/quarantined_files.sql",
            Table(
                {
                    "file_name": Column("File"),
                    "arrived_at": Column("Arrived (UTC)", length=16),
                    "reason": Column("Reason"),
                }
            ),
        ),
    ],
)
