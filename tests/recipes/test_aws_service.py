"""A service that is added by the steps of docs/contributing.md: the folder aws_service/codestar_connections."""

import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.refusals import error_code
from tests.local_aws.stacks import create, failures

SERVICES = Path(__file__).with_name("aws_service")
CONNECTION = {
    "Type": "AWS::CodeStarConnections::Connection",
    "Properties": {"ConnectionName": "templates", "ProviderType": "GitHub"},
}


@pytest.fixture(scope="module")
def endpoint(start_endpoint, tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAKEHOUSE_AWS_SERVICES", os.fspath(SERVICES))
        with start_endpoint(tmp_path_factory.mktemp("service")) as endpoint:
            yield endpoint


@pytest.fixture(scope="module")
def connections(endpoint):
    return endpoint.client("codestar-connections")


@pytest.fixture(scope="module")
def stacks(endpoint):
    return endpoint.client("cloudformation")


def test_what_the_service_acknowledged_survives_a_kill(endpoint, connections):
    kept = connections.create_connection(ConnectionName="kept", ProviderType="GitHub")["ConnectionArn"]
    deleted = connections.create_connection(ConnectionName="deleted", ProviderType="GitHub")["ConnectionArn"]
    connections.delete_connection(ConnectionArn=deleted)
    endpoint.kill()
    endpoint.start()
    connection = connections.get_connection(ConnectionArn=kept)["Connection"]
    assert (connection["ConnectionName"], connection["ConnectionStatus"]) == ("kept", "PENDING")
    assert error_code(connections.get_connection, ConnectionArn=deleted) == "ResourceNotFoundException"


def test_stack_makes_and_deletes_what_the_service_has(stacks, connections):
    outputs = {
        "Arn": {"Value": {"Ref": "Connection"}},
        "Status": {"Value": {"Fn::GetAtt": ["Connection", "ConnectionStatus"]}},
    }
    stack = create(stacks, {"Connection": CONNECTION}, name="connections", Outputs=outputs)
    values = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    connection = connections.get_connection(ConnectionArn=values["Arn"])["Connection"]
    assert (connection["ConnectionName"], values["Status"]) == ("templates", "PENDING")
    stacks.delete_stack(StackName="connections")
    assert error_code(connections.get_connection, ConnectionArn=values["Arn"]) == "ResourceNotFoundException"


def test_property_that_the_service_does_not_apply_fails_the_stack_by_name(stacks):
    properties = CONNECTION["Properties"] | {"HostArn": "arn:aws:codestar-connections:us-east-1:123456789012:host/h"}
    create(stacks, {"Connection": CONNECTION | {"Properties": properties}}, name="refused")
    assert [reason for _, reason in failures(stacks, "refused") if "HostArn" in reason]


def test_operation_and_parameter_that_the_service_lacks_are_refused_by_name(connections):
    with pytest.raises(ClientError, match=r"NotImplemented.*list_hosts"):
        connections.list_hosts()
    host = "arn:aws:codestar-connections:us-east-1:123456789012:host/h"
    with pytest.raises(ClientError, match=r"NotImplemented.*HostArn"):
        connections.create_connection(ConnectionName="c", ProviderType="GitHub", HostArn=host)
