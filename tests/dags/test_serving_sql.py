"""The project's SQL on a small star schema: in Athena's engine, in Redshift's, and the counts that they agree on."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlglot
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from lakehouse.reconciliation import task
from lakehouse.reconciliation.audit_log import Reconciliation, send_metrics
from lakehouse.reconciliation.hops import RECONCILED_TABLES, Fingerprint, reconcile_tables
from lakehouse.reconciliation.task import athena_fingerprints, reconcile, redshift_fingerprints
from lakehouse.serving import REDSHIFT_SCRIPTS, VIEWS
from lakehouse_aws.athena.check import AthenaCheckOperator
from lakehouse_aws.redshift.script import is_mistake

from lakehouse_contract.tables import declared_table
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags.star_schema_lake import FACTS, REJECT, SOURCES, STAR_SCHEMA, Lake

SQL = Path(__file__).parents[2] / "sql"
SERVED_ROWS = {
    "customers": 2,
    "accounts": 1,
    "transactions": 4,
    "transaction_events": 3,
    "dim_dates": 2,
    "rejects": 1,
}
RAW_COUNTS = {table: {"source_rows": counts["rows"], "raw_rows": counts["rows"]} for table, counts in SOURCES.items()}
DAG_ID = "financial_warehouse_daily"
RUN_ID = "manual__2026-11-20T05:00:00+00:00"
TOTALS = [("2", "99999999999999.99"), ("1", "7.25"), ("-1", "1.00")]
VERIFICATION = "sql/athena/verification/star_schema.sql"
QUESTION = "sql/athena/customer_transaction_totals/question.sql"
FINGERPRINTS = "sql/athena/audit_reconciliation/fingerprints.sql"


@pytest.fixture(scope="module")
def lake(aws, aws_endpoint) -> Iterator[Lake]:
    """A lake with the star schema published and loaded."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        lake = Lake(aws)
        lake.publish(STAR_SCHEMA, "jr_1")
        yield lake


@pytest.fixture(scope="module")
def loaded(lake) -> list[str]:
    """Ids of the statements that loaded Redshift."""
    return lake.load_redshift(lake.name)


def totals(rows) -> list[tuple]:
    return [(row["customer_key"], row["total_transaction_amount"]) for row in rows]


@pytest.mark.parametrize("table", STAR_SCHEMA)
def test_redshift_tables_are_the_declared_ones(table):
    """COPY takes the columns of a file by their position."""
    ddl = sqlglot.parse_one((SQL / "redshift" / table / "create_table.sql").read_text(), dialect="redshift")
    columns = {column.name: column.kind for column in ddl.find_all(sqlglot.exp.ColumnDef)}
    declared = declared_table(table).columns
    assert list(columns) == [column.name for column in declared]
    widths = {name: int(kind.expressions[0].name) for name, kind in columns.items() if kind.is_type("varchar")}
    assert widths == {column.name: column.max_bytes for column in declared if column.type == "string"}


def test_redshift_has_room_for_the_names_of_all_columns_of_a_reject():
    sources = [declared_table(name) for name in ("customers", "accounts", "transactions")]
    longest = max(len(", ".join(source.types)) for source in sources)
    assert declared_table("rejects").by_name["column_name"].max_bytes >= longest > 64


def test_athena_answers_the_sample_question(lake):
    assert totals(lake.athena_rows(QUESTION)) == TOTALS


def test_redshift_gives_the_same_answer(lake, loaded):
    question = (SQL / "athena/customer_transaction_totals/question.sql").read_text()
    question = question.replace("FROM ", "FROM analytics.")
    assert totals(lake.redshift_rows(question)) == TOTALS


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_gives_the_same_rows_in_both_engines(lake, loaded, view):
    lake.athena(f"sql/athena/{view}/create_view.sql")

    in_athena = lake.athena_rows(f"SELECT * FROM {view}")
    in_redshift = lake.redshift_rows(f"SELECT * FROM analytics.{view}")

    assert sorted(map(str, in_athena)) == sorted(map(str, in_redshift))
    assert in_athena


def row_counts(fingerprints) -> dict[str, int]:
    return {table: fingerprint.rows for table, fingerprint in fingerprints.items()}


def test_both_engines_count_the_rows_without_the_unknown_members(lake, loaded):
    assert row_counts(athena_fingerprints(lake.athena(FINGERPRINTS))) == SERVED_ROWS
    assert row_counts(redshift_fingerprints(loaded)) == SERVED_ROWS


def test_both_engines_have_the_same_sums_and_hashes(lake, loaded):
    in_athena = athena_fingerprints(lake.athena(FINGERPRINTS))
    assert in_athena == redshift_fingerprints(loaded)
    assert in_athena["transactions"].amount == sum(fact["amount"] for fact in FACTS)
    raw_row = hashlib.md5(REJECT["raw_row"].encode(), usedforsecurity=False).hexdigest()
    text = f"transactions|9|amount_missing|amount|{raw_row}|9"
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert in_athena["rejects"].row_hash == str(int(digest[:15], 16))


def test_a_value_that_changed_in_redshift_changes_its_hash_alone(lake, loaded):
    in_athena = athena_fingerprints(lake.athena(FINGERPRINTS))
    swap = "UPDATE analytics.fact_transactions SET category_code = 'x', channel = NULL WHERE transaction_key = 1"
    restore = "UPDATE analytics.fact_transactions SET category_code = NULL, channel = NULL WHERE transaction_key = 1"
    in_redshift = redshift_fingerprints(
        lake.load_redshift(lake.name, [*REDSHIFT_SCRIPTS[:-1], swap, REDSHIFT_SCRIPTS[-1]])
    )
    lake.load_redshift(lake.name, [restore])
    tables = reconcile_tables(lake.document, None, in_athena, in_redshift)
    assert {table.table_name for table in tables if not table.is_reconciled} == {"transactions"}
    assert in_redshift["transactions"].amount == in_athena["transactions"].amount


def test_loading_again_gives_the_same_rows(lake, loaded):
    assert row_counts(redshift_fingerprints(lake.load_redshift(lake.name))) == SERVED_ROWS


def test_a_sound_star_schema_has_no_violation(lake):
    lake.athena(VERIFICATION, AthenaCheckOperator)


def test_a_failed_load_leaves_redshift_as_it_was_and_tells_why(lake, loaded):
    scripts = ["DELETE FROM analytics.dim_dates", "SELECT * FROM analytics.nowhere"]

    with pytest.raises(AirflowFailException, match=r"nothing was changed: .*nowhere"):
        lake.load_redshift(lake.name, scripts)

    assert lake.redshift_rows("SELECT COUNT(*) AS rows FROM analytics.dim_dates") == [{"rows": "2"}]


def test_a_query_that_is_at_fault_itself_fails_without_a_retry(lake):
    with pytest.raises(AirflowFailException, match=r"Athena refused the query .*nowhere"):
        lake.athena("SELECT * FROM nowhere")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ('Query #2 failed with ERROR: column "opening" does not exist', True),
        ("ERROR: Load into table 'x' failed. Check 'sys_load_error_detail' system table for details.", True),
        ("ERROR: 1023\n  DETAIL: Serializable isolation violation on table in Redshift", False),
        ("ERROR: deadlock detected", False),
        ("ERROR: terminating connection due to administrator command", False),
        ("server closed the connection unexpectedly", False),
        ("ERROR: S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown", False),
        ("ERROR: S3CurlException: Operation timed out, CurlError 28", False),
        ("ERROR: S3ServiceException:Access Denied,Status 403,Error AccessDenied", True),
        ("The endpoint was restarted while the statement was running.", False),
    ],
)
def test_a_redshift_error_that_would_come_back_is_a_mistake(error, expected):
    assert is_mistake(error) is expected


def test_without_a_workgroup_the_load_is_skipped(lake):
    with pytest.raises(AirflowSkipException, match="LAKEHOUSE_REDSHIFT_WORKGROUP"):
        lake.load_redshift(None)


@pytest.fixture
def reconcile_run(lake, loaded, monkeypatch):
    """`reconcile_run(raw_counts)` is the task of a run, with the rows that were extracted."""
    monkeypatch.setenv("LAKEHOUSE_LAKE_BUCKET", lake.name)
    monkeypatch.setenv("LAKEHOUSE_ATHENA_RESULTS_BUCKET", lake.name)
    monkeypatch.setenv("LAKEHOUSE_REDSHIFT_WORKGROUP", lake.name)
    monkeypatch.setenv("LAKEHOUSE_POLL_INTERVAL_SECONDS", "1")
    templates = {
        name: lake.render(f"sql/redshift/audit_reconciliation/{name}.sql") for name in ("delete_run", "insert_run")
    }
    fingerprints = lake.athena(FINGERPRINTS)

    monkeypatch.setattr(task, "GLUE_DATABASE", lake.database)

    def run(raw_counts, published="published_jr_1", statements=loaded, dag_id=DAG_ID):
        dag_run = SimpleNamespace(dag_id=dag_id, run_id=RUN_ID, start_date=datetime.now(UTC))
        return reconcile.function(
            published, fingerprints, statements, raw_counts, dag_run=dag_run, templates_dict=templates
        )

    return run


def audit_lines(lake) -> list[dict]:
    key = "audit/reconciliation/financial_warehouse_daily/manual__2026-11-20T05_00_00_00_00.json"
    audit = lake.aws("s3").get_object(Bucket=lake.name, Key=key)["Body"].read()
    return [json.loads(line) for line in audit.splitlines()]


def test_an_audit_is_kept_in_the_lake_and_in_redshift_once_per_run(lake, reconcile_run):
    for _ in range(2):
        reconcile_run(RAW_COUNTS)
    reconcile_run(RAW_COUNTS, dag_id="financial_warehouse_rollback")

    lines = audit_lines(lake)
    assert [line["table_name"] for line in lines] == list(RECONCILED_TABLES)
    assert all(line["is_reconciled"] for line in lines)
    kept = lake.redshift_rows("SELECT * FROM analytics.audit_reconciliation ORDER BY dag_id, table_name")
    assert len(kept) == 2 * len(lines)
    kept = [row for row in kept if row["dag_id"] == DAG_ID]
    assert kept == [
        {column: None if value is None else str(value) for column, value in line.items()}
        for line in sorted(lines, key=lambda line: line["table_name"])
    ]


def test_a_lost_row_is_kept_in_the_audit_and_fails_the_run(lake, reconcile_run):
    lost = RAW_COUNTS | {"transactions": {"source_rows": 6, "raw_rows": 5}}

    with pytest.raises(AirflowFailException, match="transactions source to raw: 6 rows became 5"):
        reconcile_run(lost)

    broken = [line["table_name"] for line in audit_lines(lake) if not line["is_reconciled"]]
    assert broken == ["transactions"]


def test_results_that_an_engine_keeps_no_longer_are_asked_for_again(reconcile_run):
    with pytest.raises(AirflowFailException, match=r"What load.load_star_schema found has expired .*: clear that task"):
        reconcile_run(RAW_COUNTS, statements=["00000000-0000-0000-0000-000000000000"])


def test_counts_become_metrics(lake):
    served = {table: Fingerprint(rows) for table, rows in SERVED_ROWS.items()}
    tables = reconcile_tables(lake.document, None, served, None)
    send_metrics(Reconciliation(DAG_ID, "run", "jr_1", datetime.now(UTC), tables, "star_schema", datetime.now(UTC)))

    metrics = lake.aws("cloudwatch").list_metrics(Namespace="Lakehouse")["Metrics"]

    named = {(metric["MetricName"], *(dimension["Value"] for dimension in metric["Dimensions"])) for metric in metrics}
    assert ("AthenaRows", "transactions") in named
    assert {("UnreconciledTables", "star_schema"), ("RunSeconds", "star_schema")} <= named


def test_violations_fail_the_run_without_a_retry_and_are_named(lake):
    orphan = FACTS[0] | {"transaction_key": 5, "customer_key": 404}
    lake.publish(STAR_SCHEMA | {"fact_transactions": [*FACTS, orphan, FACTS[1]]}, "jr_2")

    with pytest.raises(AirflowFailException) as failure:
        lake.athena(VERIFICATION, AthenaCheckOperator)

    assert "fact_transactions.customer_key is not in dim_customers, row_count 1" in str(failure.value)
    assert "fact_transactions.transaction_key is not unique, row_count 1" in str(failure.value)


def test_the_reconciliation_of_a_run_that_is_published_no_longer_says_so(lake, reconcile_run):
    lake.publish(STAR_SCHEMA, "jr_3")

    with pytest.raises(AirflowFailException, match="is at published_jr_3, no longer at published_jr_1"):
        reconcile_run(RAW_COUNTS)
