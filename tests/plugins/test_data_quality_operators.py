"""The provider's operators and sensor of Glue Data Quality against the endpoint."""

from uuid import uuid4

import pyarrow as pa
import pytest
from airflow.providers.amazon.aws.operators.glue import (
    GlueDataQualityOperator,
    GlueDataQualityRuleSetEvaluationRunOperator,
)
from airflow.providers.amazon.aws.sensors.glue import GlueDataQualityRuleSetEvaluationRunSensor
from airflow.sdk.exceptions import AirflowException

from tests.plugins.conftest import PARQUET_STORAGE
from tests.roles import make_role


@pytest.fixture
def role(aws):
    return make_role(aws("iam"), f"quality-{uuid4().hex[:8]}")


@pytest.fixture
def prices(aws, lake_bucket, glue_database, put_parquet):
    """The data source of a table with three rows."""
    put_parquet("prices/a.parquet", pa.table({"symbol": ["A", "B", None]}))
    location = {"Location": f"s3://{lake_bucket}/prices/", "Columns": [{"Name": "symbol", "Type": "string"}]}
    table = {"Name": "prices", "StorageDescriptor": PARQUET_STORAGE | location}
    aws("glue").create_table(DatabaseName=glue_database, TableInput=table)
    return {"GlueTable": {"DatabaseName": glue_database, "TableName": "prices"}}


@pytest.fixture
def ruleset(run):
    """`ruleset(rules)` makes a ruleset by the operator and returns its name."""

    def create(rules):
        name = f"rules-{uuid4().hex[:8]}"
        run(GlueDataQualityOperator(task_id="create", name=name, ruleset=f"Rules = [{rules}]"))
        return name

    return create


def evaluation(source, role, name, **options):
    return GlueDataQualityRuleSetEvaluationRunOperator(
        task_id="evaluate",
        datasource=source,
        role=role,
        rule_set_names=[name],
        waiter_delay=0.1,
        waiter_max_attempts=200,
        **options,
    )


@pytest.mark.parametrize("deferrable", [False, True], ids=["waiting", "deferred"])
def test_evaluation_that_passes_returns_its_run_and_one_that_fails_stops_the_task(
    aws, run, role, prices, ruleset, deferrable
):
    run_id = run(evaluation(prices, role, ruleset("RowCount = 3"), deferrable=deferrable))
    assert aws("glue").get_data_quality_ruleset_evaluation_run(RunId=run_id)["Status"] == "SUCCEEDED"

    with pytest.raises(AirflowException, match="failed for one or more rules"):
        run(evaluation(prices, role, ruleset('RowCount = 3, IsComplete "symbol"'), deferrable=deferrable))


def test_sensor_judges_the_rules_of_a_run_that_was_not_waited_for(run, role, prices, ruleset):
    run_id = run(evaluation(prices, role, ruleset('IsComplete "symbol"'), wait_for_completion=False))
    with pytest.raises(AirflowException, match="failed for one or more rules"):
        run(
            GlueDataQualityRuleSetEvaluationRunSensor(
                task_id="sense", evaluation_run_id=run_id, deferrable=True, poke_interval=1
            )
        )


def test_ruleset_is_changed_by_the_operator_and_refused_when_it_cannot_be_read(aws, run, ruleset):
    name = ruleset("RowCount = 3")
    run(GlueDataQualityOperator(task_id="change", name=name, ruleset="Rules = [RowCount = 4]", update_rule_set=True))
    assert aws("glue").get_data_quality_ruleset(Name=name)["Ruleset"] == "Rules = [RowCount = 4]"
    with pytest.raises(AirflowException, match="DataQuality rules cannot be parsed"):
        ruleset("RowCount = ")
