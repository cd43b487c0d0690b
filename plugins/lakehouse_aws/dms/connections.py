"""The connections of a replication task: DMS starts no task until a test of each has succeeded."""

from contextlib import suppress
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import WaiterError

SUCCESSFUL = "successful"
TESTING = "testing"
POLL_SECONDS = 2
MAX_POLLS = 150


class Connections:
    """From a replication instance to its task's endpoints."""

    def __init__(self, client: BaseClient, instance_arn: str, endpoint_arns: list[str]) -> None:
        self.client = client
        self.instance_arn = instance_arn
        self.endpoint_arns = endpoint_arns

    @property
    def _filters(self) -> list[dict[str, Any]]:
        return [
            {"Name": "replication-instance-arn", "Values": [self.instance_arn]},
            {"Name": "endpoint-arn", "Values": self.endpoint_arns},
        ]

    def _tests(self) -> list[dict[str, Any]]:
        """The last test of each endpoint that has been tested."""
        try:
            return self.client.describe_connections(Filters=self._filters)["Connections"]
        except self.client.exceptions.ResourceNotFoundFault:
            return []

    @property
    def are_tested(self) -> bool:
        successful = {test["EndpointArn"] for test in self._tests() if test["Status"] == SUCCESSFUL}
        return set(self.endpoint_arns) <= successful

    def test(self) -> list[str]:
        """Test each endpoint that has not been tested successfully, and wait; what DMS says of those that fail."""
        settled = {test["EndpointArn"] for test in self._tests() if test["Status"] in (SUCCESSFUL, TESTING)}
        for endpoint_arn in self.endpoint_arns:
            if endpoint_arn not in settled:
                self.client.test_connection(ReplicationInstanceArn=self.instance_arn, EndpointArn=endpoint_arn)
        with suppress(WaiterError):
            self.client.get_waiter("test_connection_succeeds").wait(
                Filters=self._filters, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": MAX_POLLS}
            )
        return [
            f"the connection to {test['EndpointIdentifier']} is {test['Status']}: "
            f"{test.get('LastFailureMessage') or 'no reason given'}"
            for test in self._tests()
            if test["Status"] != SUCCESSFUL
        ]
