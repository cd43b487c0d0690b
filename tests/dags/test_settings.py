"""What the environment says and what follows from it."""

import pytest
from lakehouse.settings import LakehouseSettings

REQUIRED = {
    "LAKEHOUSE_LAKE_BUCKET": "lake",
    "LAKEHOUSE_RAW_BUCKET": "raw",
    "LAKEHOUSE_ATHENA_RESULTS_BUCKET": "results",
    "LAKEHOUSE_DATA_DOCS_BUCKET": "docs",
}


def settings(**environment):
    return LakehouseSettings.from_environment(REQUIRED | environment)


def test_every_missing_variable_is_named_at_once():
    problem = LakehouseSettings.from_environment({}).problem
    assert problem.startswith(f"{' and '.join(REQUIRED)} not set")
    assert settings().problem is None


@pytest.mark.parametrize("text", ["often", "-5", "1.5"])
def test_an_option_that_is_no_number_is_named(text):
    wrong = settings(LAKEHOUSE_POLL_INTERVAL_SECONDS=text)
    assert wrong.problem.startswith(f"LAKEHOUSE_POLL_INTERVAL_SECONDS is {text!r}: ")
    assert wrong.poll_interval_seconds == 30


def test_without_options_athena_serves_alone_and_nobody_is_notified():
    defaults = settings()
    assert defaults.redshift_workgroup is None
    assert defaults.alerts_topic_arn is None
    assert defaults.poll_interval_seconds == 30
    assert defaults.version_retention_days == 14


def test_an_empty_option_is_one_that_is_not_set():
    empty = settings(LAKEHOUSE_REDSHIFT_WORKGROUP="", LAKEHOUSE_POLL_INTERVAL_SECONDS="")
    assert empty.redshift_workgroup is None
    assert empty.poll_interval_seconds == 30


def test_copy_uses_the_default_role_unless_one_is_given():
    arn = "arn:aws:iam::123456789012:role/redshift"
    assert settings().redshift_iam_role == "default"
    assert settings(LAKEHOUSE_REDSHIFT_ROLE_ARN=arn).redshift_iam_role == f"'{arn}'"


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:4566/docs", "http://127.0.0.1:4566/docs/"])
def test_data_docs_are_below_the_configured_address(base_url):
    configured = settings(LAKEHOUSE_DATA_DOCS_BASE_URL=base_url)
    assert configured.data_docs_base_url + "jr_1/" == "http://127.0.0.1:4566/docs/jr_1/"


def test_data_docs_are_in_the_s3_console_by_default():
    assert settings().data_docs_base_url == "https://s3.console.aws.amazon.com/s3/object/docs?prefix="
