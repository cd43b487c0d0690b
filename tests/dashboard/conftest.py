"""One small lake for all tests of the dashboard, and its API."""

from collections.abc import Iterator

import pytest

from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags.star_schema_lake import Lake
from tests.dashboard.dashboard_lake import create_lake


@pytest.fixture(scope="session")
def dashboard_lake(aws, aws_endpoint) -> Iterator[Lake]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        lake = create_lake(aws)
        for name, value in {
            "WORKGROUP": lake.name,
            "DATABASE": lake.database,
            "LAKE_BUCKET": lake.name,
            "CLIENT_RANGES": "127.0.0.0/8, 2001:db8::/32",
        }.items():
            environment.setenv(name, value)
        yield lake
