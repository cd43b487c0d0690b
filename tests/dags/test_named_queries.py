"""The queries that the template gives to the Athena workgroup, on tables as the template declares them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cfnlint import decode

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
        for resource in ("AuditReconciliationTable", "StockFileLedgerTable"):
            table = json.loads(json.dumps(RESOURCES[resource]["Properties"]["TableInput"]))
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
    def line(run_id: str, at: str, table: str) -> dict:
        return {"run_id": run_id, "reconciled_at": at, "table_name": table, "source_rows": 5, "is_reconciled": True}

    put_lines(
        lake,
        "audit_reconciliation",
        [
            line("scheduled", "2026-11-20 05:30:00", "customers"),
            line("manual", "2026-11-21 05:30:00", "transactions"),
            line("manual", "2026-11-21 05:30:00", "accounts"),
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


def test_arrived_files_are_counted_by_what_became_of_them(lake):
    def line(status: str, rows_in: int, rows_rejected: int, at: str, **more: str) -> dict:
        rows = {"rows_in": rows_in, "rows_out": rows_in - rows_rejected, "rows_rejected": rows_rejected}
        return {"status": status, "arrived_at": at, **rows, **more}

    put_lines(
        lake,
        "stock_file_ledger",
        [
            line("loaded", 10, 1, "2026-11-20 05:00:00"),
            line("loaded", 20, 0, "2026-11-21 05:00:00"),
            line("quarantined", 3, 3, "2026-11-19 05:00:00", reason="header_unknown"),
        ],
    )
    rows = rows_of(lake, "ArrivedFilesQuery")
    assert [(row["status"], row["reason"], row["files"], row["rows_in"], row["rows_rejected"]) for row in rows] == [
        ("loaded", None, "2", "30", "1"),
        ("quarantined", "header_unknown", "1", "3", "3"),
    ]
    assert rows[0]["last_arrived_at"].startswith("2026-11-21 05:00:00")


def test_every_named_query_is_tried_here():
    declared = {name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Athena::NamedQuery"}
    assert declared == {
        "ArrivedFilesQuery",
        "CustomerTransactionTotalsQuery",
        "LastReconciliationQuery",
        "RejectsByReasonQuery",
    }
