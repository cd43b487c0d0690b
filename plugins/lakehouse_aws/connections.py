"""The connections of a replication task: DMS starts no task until a test of each has succeeded."""

from typing import Any

from botocore.client import BaseClient

SUCCESSFUL = "successful"
TESTING = "testing"


def connection_filters(instance_arn: str, endpoint_arns: list[str]) -> list[dict[str, Any]]:
    """The filters of DescribeConnections for a task's connections."""
    return [
        {"Name": "replication-instance-arn", "Values": [instance_arn]},
        {"Name": "endpoint-arn", "Values": endpoint_arns},
    ]


class Connections:
    """From a replication instance to its task's endpoints."""

    def __init__(self, client: BaseClient, instance_arn: str, endpoint_arns: list[str]) -> None:
        self.client = client
        self.instance_arn = instance_arn
        self.endpoint_arns = endpoint_arns

    def _tests(self) -> list[dict[str, Any]]:
        """The last test of each endpoint that has been tested."""
        filters = connection_filters(self.instance_arn, self.endpoint_arns)
        try:
            return self.client.describe_connections(Filters=filters)["Connections"]
        except self.client.exceptions.ResourceNotFoundFault:
            return []

    @property
    def are_tested(self) -> bool:
        successful = {test["EndpointArn"] for test in self._tests() if test["Status"] == SUCCESSFUL}
        return set(self.endpoint_arns) <= successful

    def test(self) -> None:
        """Begin a test of each endpoint that has neither been tested successfully nor is being tested."""
        settled = {test["EndpointArn"] for test in self._tests() if test["Status"] in (SUCCESSFUL, TESTING)}
        for endpoint_arn in self.endpoint_arns:
            if endpoint_arn not in settled:
                self.client.test_connection(ReplicationInstanceArn=self.instance_arn, EndpointArn=endpoint_arn)

    def faults(self) -> list[str]:
        """What DMS says of the tests that have failed."""
        return [
            f"the connection to {test['EndpointIdentifier']} is {test['Status']}: "
            f"{test.get('LastFailureMessage') or 'no reason given'}"
            for test in self._tests()
            if test["Status"] != SUCCESSFUL
        ]
