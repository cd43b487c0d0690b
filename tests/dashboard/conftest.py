"""One small lake for all tests of the dashboard, and the dashboard's own stack over it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployment.functions import function_codes, upload_functions
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags.star_schema_lake import Lake
from tests.dashboard.dashboard_lake import REPOSITORY, create_lake

STACK = "lakehouse-dashboard"


@dataclass(frozen=True)
class Dashboard:
    """What the stack has as its outputs."""

    url: str
    api: str
    bucket: str


@pytest.fixture(scope="session")
def environment(aws_endpoint) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        yield environment


@pytest.fixture(scope="session")
def dashboard_lake(aws, environment) -> Lake:
    lake = create_lake(aws)
    for name, value in {
        "LAKEHOUSE_DASHBOARD_WORKGROUP": lake.name,
        "LAKEHOUSE_GLUE_DATABASE": lake.database,
        "LAKEHOUSE_LAKE_BUCKET": lake.name,
        "LAKEHOUSE_DASHBOARD_CLIENT_RANGES": "127.0.0.0/8, 2001:db8::/32",
    }.items():
        environment.setenv(name, value)
    return lake


@pytest.fixture(scope="session")
def dashboard(aws, dashboard_lake) -> Dashboard:
    """infra/dashboard.yaml deployed over the lake: the function and its API run on the endpoint."""
    codes = upload_functions(aws("s3"), dashboard_lake.name, function_codes(REPOSITORY))
    parameters = {
        **dict.fromkeys(("LakeBucket", "ArtifactsBucket", "AthenaResultsBucket"), dashboard_lake.name),
        "GlueDatabase": dashboard_lake.database,
        "DashboardApiCodeKey": codes["DashboardApiCodeKey"],
        "DashboardCloudFrontEnabled": "false",
    }
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=Path(REPOSITORY / "infra/dashboard.yaml").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    while (stack := cloudformation.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"].endswith("PROGRESS"):
        time.sleep(0.1)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return Dashboard(outputs["DashboardUrl"], outputs["DashboardApiUrl"], outputs["DashboardSiteBucket"])
