"""Airflow without a database or a network: DAG files are only parsed."""

from pathlib import Path

import pytest

DAGS_FOLDER = Path(__file__).parents[2] / "dags"
SETTINGS = {
    "LAKEHOUSE_LAKE_BUCKET": "lake",
    "LAKEHOUSE_RAW_BUCKET": "raw",
    "LAKEHOUSE_ATHENA_RESULTS_BUCKET": "athena-results",
    "LAKEHOUSE_DATA_DOCS_BUCKET": "data-docs",
    "LAKEHOUSE_ALERTS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:lakehouse-alerts",
    "LAKEHOUSE_REDSHIFT_WORKGROUP": "lakehouse",
}


@pytest.fixture(scope="session")
def dag_bag():
    """Every DAG of the project, parsed as the dag processor does."""
    from airflow.dag_processing.dagbag import DagBag

    with pytest.MonkeyPatch.context() as environment:
        for name, value in SETTINGS.items():
            environment.setenv(name, value)
        return DagBag(DAGS_FOLDER, include_examples=False)


@pytest.fixture(scope="session")
def daily(dag_bag):
    return dag_bag.dags["financial_warehouse_daily"]


@pytest.fixture(scope="session")
def rollback(dag_bag):
    return dag_bag.dags["financial_warehouse_rollback"]
