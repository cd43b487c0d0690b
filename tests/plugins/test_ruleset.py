"""The ruleset of the template on prices that a run wrote and nobody published."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException
from cfnlint import decode
from lakehouse_aws.quality.ruleset import EvaluateRulesetOperator

from tests.airflow_support import TaskInstance, run_operator
from tests.dags.star_schema_lake import arrow_table
from tests.plugins.iceberg_lake import IcebergLake
from tests.roles import make_role

RESOURCES = decode.decode(str(Path(__file__).parents[2] / "infra/lakehouse.yaml"))[0]["Resources"]
RULESET = RESOURCES["MarketPricesRuleset"]["Properties"]
TEN = Decimal(10)
BAR = {
    "instrument_key": 7,
    "symbol": "AAA",
    "currency_code": "USD",
    "requested_at": datetime(2024, 6, 1, tzinfo=UTC),
    "source_object": "raw/1.json",
    "bar_number": 1,
    "year": 2024,
    "month": 5,
} | dict.fromkeys(("open", "high", "low", "close", "volume"), TEN)
DAYS = [{"trade_date": date(2024, 5, day)} for day in range(20, 25)]
SOUND = [BAR | day for day in DAYS]
WRONG = {
    "a price of 0": {"low": Decimal(0)},
    "a negative volume": {"volume": Decimal(-1)},
    "high below open": {"high": Decimal(9), "low": Decimal(8), "close": Decimal(9)},
    "another month's partition": {"month": 6},
    "a day twice": {"trade_date": date(2024, 5, 21)},
    "no code of a currency": {"currency_code": "Dollar"},
}


@pytest.fixture(scope="module")
def ruleset(aws):
    aws("glue").create_data_quality_ruleset(Name=RULESET["Name"], Ruleset=RULESET["Ruleset"])
    yield RULESET["Name"]
    aws("glue").delete_data_quality_ruleset(Name=RULESET["Name"])


@pytest.fixture
def evaluate(aws, lake_bucket, glue_database, ruleset):
    """`evaluate("jr_1", rows)` evaluates the ruleset on what a run has written."""
    candidates = f"{glue_database}_candidates"
    glue, iam = aws("glue"), aws("iam")
    glue.create_database(DatabaseInput={"Name": candidates})
    role = make_role(iam, candidates)
    glue.create_job(Name=candidates, Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://artifacts/x.py"})

    def run(name, rows):
        operator = EvaluateRulesetOperator(
            task_id="evaluate_market_prices",
            ruleset=ruleset,
            table="market_prices",
            run=name,
            bucket=lake_bucket,
            database=glue_database,
            candidate_database=candidates,
            role_of_job=candidates,
            poll_interval=0.1,
            execution_timeout=None,
        )
        lake = IcebergLake(aws("s3"), operator.candidates.catalog, lake_bucket, glue_database)
        lake.write_run(name, {"market_prices": arrow_table("market_prices", rows)})
        return run_operator(operator, {"ti": TaskInstance()})

    return run


def test_sound_prices_pass(evaluate):
    assert evaluate("jr_sound", [*SOUND, BAR | {"trade_date": date(2024, 5, 27), "volume": None}])


def test_a_rule_that_does_not_hold_stops_the_run_without_a_retry(evaluate):
    for number, change in enumerate(WRONG.values()):
        with pytest.raises(AirflowFailException, match=f"jr_{number} is not published"):
            evaluate(f"jr_{number}", [*SOUND[:-1], SOUND[-1] | change])
