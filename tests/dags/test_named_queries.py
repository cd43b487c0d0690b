"""The queries that the template gives to the Athena workgroup, on tables as the template declares them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from cfnlint import decode
from lakehouse_aws.iceberg.catalog import IcebergHook
from lakehouse_aws.iceberg.declared import create_declared_table
from pyiceberg.io.pyarrow import schema_to_pyarrow

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.arrivals.kinds import STOCK_FILES
from lakehouse_contract.arrivals.ledger import LOADED, QUARANTINED, Outcome, Processing, file_entry, ledger_row
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags.star_schema_lake import STAR_SCHEMA, Lake

RESOURCES = decode.decode(str(Path(__file__).parents[2] / "infra" / "lakehouse.yaml"))[0]["Resources"]


@pytest.fixture(scope="module")
def lake(aws, aws_endpoint) -> Iterator[Lake]:
    """The star schema published, and the audit tables empty."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        lake = Lake(aws)
        lake.publish(STAR_SCHEMA, "jr_1")
        table = json.loads(json.dumps(RESOURCES["AuditReconciliationTable"]["Properties"]["TableInput"]))
        table["StorageDescriptor"]["Location"] = f"s3://{lake.name}/audit/{table['Name']}/"
        aws("glue").create_table(DatabaseName=lake.database, TableInput=table)
        yield lake


def put_lines(lake: Lake, table: str, rows: list[dict]) -> None:
    lines = "\n".join(json.dumps(row) for row in rows)
    lake.aws("s3").put_object(Bucket=lake.name, Key=f"audit/{table}/lines.json", Body=lines)


def rows_of(lake: Lake, resource: str) -> list[dict]:
    return lake.athena_rows(RESOURCES[resource]["Properties"]["QueryString"])


def test_customers_are_told_by_their_totals(lake):
    lake.athena("sql/athena/customer_transaction_totals/create_view.sql")
    assert [
        (row["name"], row["total_transaction_amount"]) for row in rows_of(lake, "CustomerTransactionTotalsQuery")
    ] == [
        ("عمر", "99999999999999.99"),
        ("Zoë 🌍", "7.25"),
        (None, "1.00"),
    ]


def test_the_last_reconciliation_is_that_of_the_last_run(lake):
    def line(run_id: str, at: str, table: str, dag_id: str = "financial_warehouse_daily") -> dict:
        counts = {"table_name": table, "source_rows": 5, "is_reconciled": True}
        return {"dag_id": dag_id, "run_id": run_id, "reconciled_at": at} | counts

    put_lines(
        lake,
        "audit_reconciliation",
        [
            line("scheduled", "2026-11-20 05:30:00", "customers"),
            line("manual", "2026-11-21 05:30:00", "transactions"),
            line("manual", "2026-11-21 05:30:00", "accounts"),
            line("manual", "2026-11-22 05:30:00", "prices", "another_dataset"),
        ],
    )
    rows = rows_of(lake, "LastReconciliationQuery")
    assert [(row["table_name"], row["source_rows"], row["is_reconciled"]) for row in rows] == [
        ("accounts", "5", "true"),
        ("transactions", "5", "true"),
    ]


def test_rejects_are_counted_by_reason(lake):
    assert rows_of(lake, "RejectsByReasonQuery") == [
        {"source": "transactions", "reason": "amount_missing", "rejected_rows": "1"}
    ]


def test_arrived_files_are_counted_by_what_became_of_them(lake, aws_endpoint, monkeypatch):
    for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
        monkeypatch.setenv(name, value)

    def row(number: int, day: int, status: str, rows_in: int, rows_rejected: int, reason: str | None = None) -> dict:
        arrived_at = datetime(2026, 11, day, 5, tzinfo=UTC)
        file = ClaimedFile(f"{number}.csv", f"claimed/stocks/run/{number}.csv", 1, f"checksum-{number}", arrived_at)
        outcome = Outcome(status, reason, rows_in, rows_in - rows_rejected, rows_rejected)
        processing = Processing("jr_1", "run", arrived_at, arrived_at)
        return ledger_row(file_entry(STOCK_FILES, file, outcome, arrived_at.date()), processing, f"s3://{lake.name}")

    rows = [
        row(1, 20, LOADED, 10, 1),
        row(2, 21, LOADED, 20, 0),
        row(3, 19, QUARANTINED, 3, 3, "header_unknown"),
    ]
    ledger = create_declared_table(
        IcebergHook(database=lake.database).catalog, lake.database, lake.name, STOCK_FILES.ledger
    )
    ledger.append(pa.Table.from_pylist(rows, schema=schema_to_pyarrow(ledger.schema(), include_field_ids=False)))
    counted = rows_of(lake, "ArrivedFilesQuery")
    assert [(row["status"], row["reason"], row["files"], row["rows_in"], row["rows_rejected"]) for row in counted] == [
        ("loaded", None, "2", "30", "1"),
        ("quarantined", "header_unknown", "1", "3", "3"),
    ]
    assert counted[0]["last_arrived_at"].startswith("2026-11-21 05:00:00")


def test_every_named_query_is_tried():
    declared = {name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Athena::NamedQuery"}
    assert declared == {
        "ArrivedFilesQuery",
        "CustomerTransactionTotalsQuery",
        "LastReconciliationQuery",
        "RejectsByReasonQuery",
        # By test_market_insights.
        "MarketContributionsQuery",
        "MarketMoversQuery",
        "MarketRiskQuery",
        # By test_trade_bars.
        "LiveBesideMarketPricesQuery",
        "LiveDailyBarsQuery",
        # By test_sales_sql.
        "SalesByRegionQuery",
        "SalesByYearQuery",
        "SalesRejectsQuery",
    }
