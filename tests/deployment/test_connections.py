"""The deploy command tests every connection of DMS and waits; what fails is a sentence with DMS's own message."""

import boto3
import pytest
from botocore.stub import ANY, Stubber

from deployment import connections
from deployment.connections import ENDPOINT, INSTANCE, check_connections
from deployment.errors import DeploymentError
from tests.deployment.deployed_account import REGION, Recorder

RESOURCES = {INSTANCE: ["arn:instance"], ENDPOINT: ["arn:rds", "arn:raw"]}


@pytest.fixture
def dms(monkeypatch):
    monkeypatch.setattr(connections, "POLL_SECONDS", 0)
    return boto3.client("dms", REGION, aws_access_key_id="local", aws_secret_access_key="local")


def connection(name: str, status: str, message: str = "") -> dict:
    return {"Connections": [{"EndpointIdentifier": name, "Status": status, "LastFailureMessage": message}]}


def answer(dms, *answers: dict) -> Stubber:
    stubber = Stubber(dms)
    for endpoint in RESOURCES[ENDPOINT]:
        stubber.add_response("test_connection", {}, {"ReplicationInstanceArn": "arn:instance", "EndpointArn": endpoint})
    for item in answers:
        stubber.add_response("describe_connections", item, {"Filters": ANY})
    stubber.activate()
    return stubber


def test_every_endpoint_is_tested_and_waited_for(dms):
    stubber = answer(
        dms, connection("rds", "testing"), connection("rds", "successful"), connection("raw", "successful")
    )
    terminal = Recorder()
    check_connections(dms, RESOURCES, terminal)
    stubber.assert_no_pending_responses()
    assert terminal.lines[-1] == "DMS: every connection succeeded"


def test_failed_connections_are_told_with_the_message_of_dms(dms):
    answer(
        dms,
        connection("lakehouse-rds", "failed", "Test Endpoint failed:\n password authentication failed."),
        connection("lakehouse-raw", "successful"),
    )
    expected = (
        "DMS cannot connect to the endpoint lakehouse-rds: Test Endpoint failed: password authentication failed. "
        "Mend it and deploy again: what was done is kept."
    )
    with pytest.raises(DeploymentError) as raised:
        check_connections(dms, RESOURCES, Recorder())
    assert str(raised.value) == expected


def test_test_that_is_under_way_is_waited_for(dms):
    stubber = Stubber(dms)
    for _ in RESOURCES[ENDPOINT]:
        stubber.add_client_error("test_connection", "InvalidResourceStateFault")
    for name in ("rds", "raw"):
        stubber.add_response("describe_connections", connection(name, "successful"), {"Filters": ANY})
    stubber.activate()
    check_connections(dms, RESOURCES, Recorder())
    stubber.assert_no_pending_responses()


def test_serverless_loads_test_their_connections_themselves(dms):
    terminal = Recorder()
    check_connections(dms, {ENDPOINT: ["arn:rds"]}, terminal)
    assert terminal.lines == ["DMS: a serverless load tests its connections when it starts"]
