"""New trades of the stream come into the lake exactly once, wherever a run is broken off, and on into Redshift."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.operators import PublishRunOperator
from lakehouse_aws.quality.branches import AuditByQueryOperator
from lakehouse_aws.redshift.load import RedshiftLoadOperator

from lakehouse_contract.datasets import TRADES
from lakehouse_contract.trades import encode_record
from tests.local_aws.redshift_warehouse import create_warehouse
from tests.plugins.trades_lake import NUMBERS, TradesLake, trade

DAGS_FOLDER = Path(__file__).parents[2] / "dags"
AUDIT = "sql/athena/trades/audit.sql"


@pytest.fixture
def lake(trades_lake: TradesLake) -> TradesLake:
    return trades_lake


@pytest.fixture
def warehouse(aws) -> Any:
    return create_warehouse(aws, f"trades_{next(NUMBERS)}")


def test_trades_are_in_the_table_as_they_came(lake) -> None:
    made_at = datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=2)
    found = trade("AAPL", 231, volume=Decimal("0.12345678"), traded_at_ms=int(made_at.timestamp() * 1000))
    lake.put(found)
    run = lake.load()
    lake.publish(run)
    (row,) = lake.rows("trades")
    told = ("symbol", "trade_id", "price", "volume", "conditions", "run", "position")
    expected = ("AAPL", found.trade_id, Decimal(231), found.volume, '["1"]', run, 0)
    assert tuple(row[name] for name in told) == expected
    assert row["traded_at"] == made_at.replace(tzinfo=None)
    assert (row["trade_date"], row["year"], row["month"], row["day"]) == (
        made_at.date(),
        made_at.year,
        made_at.month,
        made_at.day,
    )


def test_each_run_loads_what_came_since_the_published_one(lake) -> None:
    lake.put(trade("A", 1), trade("B", 2))
    lake.load_and_publish()
    lake.put(trade("A", 3))
    lake.load_and_publish()
    assert lake.trades() == [("A", 1), ("A", 3), ("B", 2)]


def test_without_anything_new_nothing_is_written(lake) -> None:
    with pytest.raises(AirflowSkipException, match="nothing new"):
        lake.load()
    lake.put(trade("A", 1))
    lake.load_and_publish()
    with pytest.raises(AirflowSkipException, match="nothing new"):
        lake.load()


def test_what_a_dead_run_has_written_is_loaded_by_the_next_one_once(lake) -> None:
    lake.put(trade("A", 1))
    lake.load()
    lake.put(trade("B", 2))
    lake.load_and_publish()
    assert lake.trades() == [("A", 1), ("B", 2)]


def test_of_two_runs_at_once_one_is_published(lake) -> None:
    lake.put(trade("A", 1))
    first, second = lake.load(), lake.load()
    lake.publish(second)
    with pytest.raises(LakeError, match="is not published"):
        lake.publish(first)
    lake.put(trade("B", 2))
    lake.load_and_publish()
    assert lake.trades() == [("A", 1), ("B", 2)]


def test_a_publication_that_was_broken_off_is_completed_first(lake) -> None:
    lake.put(trade("A", 1), data=b"no JSON")
    run = lake.load()
    lake.publish_first_table(run)
    lake.put(trade("B", 2))
    lake.load_and_publish()
    assert lake.trades() == [("A", 1), ("B", 2)]
    assert lake.rejects() == [("GARBAGE", "not_json")]


def test_a_trade_that_comes_again_is_a_reject_in_the_same_run_and_in_a_later_one(lake) -> None:
    again = trade("A", 1)
    lake.put(again, again)
    lake.load_and_publish()
    lake.put(again, trade("A", 2))
    lake.load_and_publish()
    assert lake.trades() == [("A", 1), ("A", 2)]
    assert lake.rejects() == [("A", "duplicate_identical")] * 2


def test_what_is_refused_is_a_reject_with_its_reason_and_what_it_was(lake) -> None:
    content = json.loads(encode_record("A", [trade("A", 1), trade("A", 2)]))
    content["trades"][0]["price"] = "NaN"
    lake.put(data=json.dumps(content).encode())
    lake.put(data=b"\xff\x00garbage")
    lake.kinesis.put_record(StreamName=lake.stream, Data=b"{}", PartitionKey="A\x00")
    lake.load_and_publish()
    assert lake.trades() == [("A", 2)]
    by_reason = {row["reason"]: row for row in lake.rows("trade_rejects")}
    assert by_reason["invalid_price"]["position"] == 0
    assert json.loads(by_reason["invalid_price"]["raw_trade"])["price"] == "NaN"
    assert by_reason["malformed"]["partition_key"] == r"A\x00"
    assert by_reason["not_json"]["position"] is None
    assert by_reason["not_json"]["raw_trade"] == r"\xff\x00garbage"


def test_more_than_a_run_may_hold_is_loaded_by_several(lake) -> None:
    for price in range(1, 5):
        lake.put(trade("A", price))
    lake.load_and_publish(most_bytes=1)
    lake.put(trade("A", 5))
    lake.load_and_publish()
    assert lake.trades() == [("A", price) for price in range(1, 6)]


def test_without_a_stream_there_is_nothing_to_do(lake) -> None:
    with pytest.raises(AirflowSkipException, match="LAKEHOUSE_TRADES_STREAM"):
        lake.load(stream=None)


def test_redshift_has_trades_rejects_and_bars_as_they_are_published(lake, run, warehouse) -> None:
    versions = "sql/redshift/table_versions"
    tables = [f"sql/redshift/{table}/create_table.sql" for table in TRADES.tables]
    views = [f"sql/redshift/{view}/create_view.sql" for view in ("trade_minute_bars", "trade_daily_bars")]

    def load_into_redshift() -> None:
        macros = {"redshift_iam_role": "default"}
        with DAG("trades", template_searchpath=str(DAGS_FOLDER), user_defined_macros=macros, schedule=None):
            operator = RedshiftLoadOperator(
                task_id="load",
                tables=TRADES.tables,
                preparation=[
                    "sql/redshift/create_schema.sql",
                    *tables,
                    f"{versions}/create_table.sql",
                    f"{versions}/select.sql",
                ],
                scripts=[
                    f"{versions}/expect_held.sql",
                    "sql/redshift/replace_changed_partitions.sql",
                    f"{versions}/write.sql",
                    *views,
                ],
                bucket=lake.bucket,
                glue_database=lake.database,
                database=warehouse.place["Database"],
                workgroup_name=warehouse.place["WorkgroupName"],
                skips_without_changes=True,
                poll_interval=0.1,
            )
        run(operator)

    lake.put(trade("A", 8), data=b"no JSON")
    lake.load_and_publish()
    load_into_redshift()
    lake.put(trade("A", 3))
    lake.load_and_publish()
    load_into_redshift()
    assert warehouse.rows("SELECT symbol, price FROM analytics.trades ORDER BY price") == [
        ["A", "3.00000000"],
        ["A", "8.00000000"],
    ]
    assert warehouse.rows("SELECT reason FROM analytics.trade_rejects") == [["not_json"]]
    bars = warehouse.rows("SELECT low, high, trade_count FROM analytics.trade_daily_bars")
    assert [[float(value) for value in bar] for bar in bars] == [[3, 8, 2]]


def test_an_audited_run_is_published_and_one_that_is_wrong_is_not(lake, run, aws) -> None:
    results = f"s3://{lake.bucket}/results/"
    athena = {"database": lake.database, "workgroup": "primary", "output_location": results}

    def audit(audited: str) -> Any:
        with DAG("trades", template_searchpath=str(DAGS_FOLDER), schedule=None):
            return AuditByQueryOperator(
                task_id="audit", script=AUDIT, run=audited, dataset="trades", bucket=lake.bucket, **athena
            )

    lake.put(trade("A", 1), data=b"{")
    first = lake.load()
    summary = run(audit(first))
    assert summary == {"evaluated": 7, "passed": 7, "failed_critical": 0, "failed_warning": 0}
    publish = PublishRunOperator(task_id="publish", run=first, dimensions=(), facts=TRADES.facts, **lake.arguments)
    assert run(publish) == f"published_{first}"

    lake.put(trade("A", 2))
    second = lake.load()
    lake.write_again(second, "trades")
    with pytest.raises(AirflowFailException, match="Every trade is there once"):
        run(audit(second))
    with pytest.raises(LakeError, match="critical"):
        run(PublishRunOperator(task_id="publish", run=second, dimensions=(), facts=TRADES.facts, **lake.arguments))
