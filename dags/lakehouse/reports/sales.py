"""What the page of the regional sales shows."""

from lakehouse_aws.reports.charts import Axis, BarChart, LineChart
from lakehouse_aws.reports.report import Report, Section
from lakehouse_aws.reports.tables import Column, Table

from lakehouse_contract.datasets import SALES

SQL = "sql/athena/sales_report"
DOLLARS = Axis("US dollars", prefix="$")
REVENUE_AND_PROFIT = {"revenue": "total_revenue", "profit": "total_profit"}

SALES_REPORT = Report(
    "Regional sales",
    SALES.tables,
    [
        Section(
            "Revenue and profit by year",
            "Sums of all orders by the year of their date.",
            f"{SQL}/by_year.sql",
            BarChart(x="year", y=REVENUE_AND_PROFIT, x_axis=Axis("Year", type="category"), y_axis=DOLLARS),
        ),
        Section(
            "Revenue of each region by year",
            "Sums of all orders by the year of their date, a line per region.",
            f"{SQL}/by_region_and_year.sql",
            LineChart(
                x="year",
                y="total_revenue",
                by="region",
                x_axis=Axis("Year", type="category"),
                y_axis=DOLLARS,
            ),
        ),
        Section(
            "Revenue and profit by region",
            "Sums of all orders of all years.",
            f"{SQL}/by_region.sql",
            BarChart(
                x="region",
                y=REVENUE_AND_PROFIT,
                is_horizontal=True,
                x_axis=Axis("Region", type="category"),
                y_axis=DOLLARS,
            ),
        ),
        Section(
            "Revenue and profit by product",
            "Sums of all orders of all years, by the type of the items.",
            f"{SQL}/by_product.sql",
            BarChart(
                x="item_type",
                y=REVENUE_AND_PROFIT,
                is_horizontal=True,
                x_axis=Axis("Product", type="category"),
                y_axis=DOLLARS,
            ),
        ),
        Section(
            "Rejected rows",
            "Rows of all files that are no orders, or in whose place others are, by reason.",
            f"{SQL}/rejects_by_reason.sql",
            Table({"reason": Column("Reason"), "rejected_rows": Column("Rows", ",.0f")}),
        ),
    ],
)
