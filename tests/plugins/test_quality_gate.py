"""What the gate behind the audit lets through."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.quality.gate import QualityGateOperator

SUMMARY = {"evaluated": 2, "passed": 1, "failed_critical": 0, "failed_warning": 1}


def result(severity, is_successful, table="fact_transactions", column="amount"):
    return {
        "table": table,
        "expectation": "expect_column_values_to_not_be_null",
        "column": column,
        "severity": severity,
        "is_successful": is_successful,
        "observed": "3 nulls",
        "description": "amount is never null",
    }


@pytest.fixture
def gate(s3, lake_bucket):
    """`gate(results)` is the gate behind an audit with these results."""

    def gate(results):
        audit = {"run": "jr_1", "summary": SUMMARY, "results": results}
        s3.put_object(Bucket=lake_bucket, Key="quality/jr_1/results.json", Body=json.dumps(audit))
        return QualityGateOperator(
            task_id="gate", bucket=lake_bucket, run="jr_1", dataset="star_schema", data_docs_base_url="http://docs/"
        )

    return gate


def test_a_critical_failure_stops_without_a_retry_and_is_named(gate, context):
    with pytest.raises(AirflowFailException, match=r"fact_transactions\.amount: amount is never null .*3 nulls"):
        gate([result("critical", is_successful=False), result("warning", is_successful=True)]).execute(context)


def test_a_warning_is_reported_and_goes_on(gate, context, capfd):
    summary = gate([result("warning", is_successful=False), result("critical", is_successful=True)]).execute(context)

    assert summary == SUMMARY
    assert "amount is never null" in capfd.readouterr().out


@pytest.mark.parametrize("severity", ["warning", "critical"])
def test_the_share_of_passed_expectations_is_measured_whatever_the_verdict(gate, context, aws, severity):
    cloudwatch, begin = aws("cloudwatch"), datetime.now(UTC) - timedelta(seconds=1)
    with suppress(AirflowFailException):
        gate([result(severity, is_successful=False)]).execute(context)

    (measured,) = cloudwatch.get_metric_statistics(
        Namespace="Lakehouse",
        MetricName="QualityScore",
        Dimensions=[{"Name": "Dataset", "Value": "star_schema"}],
        StartTime=begin,
        EndTime=begin + timedelta(minutes=1),
        Period=60,
        Statistics=["Minimum", "Maximum"],
    )["Datapoints"]
    assert (measured["Minimum"], measured["Maximum"], measured["Unit"]) == (50, 50, "Percent")


def test_an_expectation_of_the_whole_table_has_no_column(gate, context):
    with pytest.raises(AirflowFailException, match=r"fact_transactions: amount is never null"):
        gate([result("critical", is_successful=False, column=None)]).execute(context)


def test_the_task_links_to_the_data_docs_of_its_snapshot(gate):
    operator = gate([])

    link = operator.operator_extra_links[0].get_link(operator, ti_key=None)

    assert link == "http://docs/jr_1/index.html"
