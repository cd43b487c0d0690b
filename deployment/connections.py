"""The connections of DMS: every endpoint is tested from the replication instance, as a task demands it.

A task starts only when the tests of its endpoints have succeeded (DMS user guide, Creating source and target
endpoints). A serverless load tests them itself while it starts (DMS user guide, AWS DMS Serverless components), and
there is no instance to test them from (API reference, TestConnection).
"""

import time
from typing import Any

from botocore.exceptions import ClientError

from deployment.change_sets import Terminal
from deployment.errors import DeploymentError

POLL_SECONDS = 5.0
ENDPOINT = "AWS::DMS::Endpoint"
INSTANCE = "AWS::DMS::ReplicationInstance"


def check_connections(dms: Any, resources: dict[str, list[str]], terminal: Terminal) -> None:
    """Test all endpoints of a stack and wait; raises DeploymentError with DMS's message for each that fails.

    :param resources: physical ids of the stack's resources by type
    """
    if not resources.get(INSTANCE):
        terminal.line("DMS: a serverless load tests its connections when it starts")
        return
    (instance,) = resources[INSTANCE]
    for endpoint in resources[ENDPOINT]:
        _start(dms, instance, endpoint)
    terminal.line(f"DMS: testing the connections of {len(resources[ENDPOINT])} endpoints")
    tested = [_wait(dms, instance, endpoint) for endpoint in resources[ENDPOINT]]
    failed = [connection for connection in tested if connection["Status"] != "successful"]
    if failed:
        sentences = [
            f"DMS cannot connect to the endpoint {connection['EndpointIdentifier']}: "
            f"{' '.join(connection.get('LastFailureMessage', connection['Status']).split()).rstrip('.')}."
            for connection in failed
        ]
        raise DeploymentError(f"{' '.join(sentences)} Mend it and deploy again: what was done is kept.")
    terminal.line("DMS: every connection succeeded")


def _start(dms: Any, instance: str, endpoint: str) -> None:
    try:
        dms.test_connection(ReplicationInstanceArn=instance, EndpointArn=endpoint)
    except ClientError as error:
        # A test is under way already: its result is as good.
        if error.response["Error"]["Code"] != "InvalidResourceStateFault":
            raise


def _wait(dms: Any, instance: str, endpoint: str) -> dict[str, Any]:
    filters = [
        {"Name": "endpoint-arn", "Values": [endpoint]},
        {"Name": "replication-instance-arn", "Values": [instance]},
    ]
    while True:
        (connection,) = dms.describe_connections(Filters=filters)["Connections"]
        if connection["Status"] != "testing":
            return connection
        time.sleep(POLL_SECONDS)
