"""What the page of the daily warehouse shows. Customers are told by their keys: no personal data is asked for."""

from lakehouse_aws.reports.charts import Axis, BarChart, LineChart
from lakehouse_aws.reports.report import Report, Section
from lakehouse_aws.reports.tables import Column, Table

from lakehouse_contract.datasets import STAR_SCHEMA

SQL = "sql/athena/warehouse_report"
MONTH = Axis("Month", type="category")
ROWS = ",.0f"

WAREHOUSE_REPORT = Report(
    "Financial warehouse",
    STAR_SCHEMA.tables,
    [
        Section(
            "Transactions by month",
            "How many transactions of each kind took place, in the last 36 months that have any.",
            f"{SQL}/monthly_transactions.sql",
            BarChart(
                x="calendar_month",
                y="transaction_count",
                by="transaction_type",
                x_axis=MONTH,
                y_axis=Axis("Transactions", ",.0f"),
            ),
        ),
        Section(
            "Total by month",
            "The sum of all amounts of a month, a line per currency, each in its own; negative where more money left "
            "the accounts than came.",
            f"{SQL}/monthly_amounts.sql",
            LineChart(
                x="calendar_month",
                y="total_amount",
                by="currency_code",
                x_axis=MONTH,
                y_axis=Axis("Total in the currency"),
            ),
        ),
        Section(
            "Customers with the largest totals",
            "The ten largest sums of a customer's transactions in the currency that has the most transactions. "
            "Customers are told by their key.",
            f"{SQL}/largest_customers.sql",
            BarChart(
                x="customer_key",
                y="total_amount",
                by="currency_code",
                is_horizontal=True,
                x_axis=Axis("Customer key", type="category"),
                y_axis=Axis("Total in the currency"),
            ),
        ),
        Section(
            "Rejected rows",
            "Rows of the sources that are in no other table, by source and reason: the 50 largest groups.",
            f"{SQL}/rejects_by_reason.sql",
            Table(
                {
                    "source": Column("Source"),
                    "reason": Column("Reason"),
                    "rejected_rows": Column("Rows", ROWS),
                }
            ),
        ),
        Section(
            "Rows at every hop",
            "What the last reconciliation of the warehouse counted, from the source to Athena and Redshift.",
            f"{SQL}/last_reconciliation.sql",
            Table(
                {
                    "table_name": Column("Table"),
                    "source_rows": Column("Source", ROWS),
                    "raw_rows": Column("Raw", ROWS),
                    "published_rows": Column("Published", ROWS),
                    "rejected_rows": Column("Rejected", ROWS),
                    "athena_rows": Column("Athena", ROWS),
                    "redshift_rows": Column("Redshift", ROWS),
                    "is_reconciled": Column("Reconciled"),
                }
            ),
        ),
    ],
)
