"""TestConnection: really connects, in the background, to what an endpoint stands for."""

from threading import Thread
from typing import Any

from moto.core.common_models import BaseModel
from moto.dms.models import Endpoint, FakeReplicationInstance

from local_aws import state
from local_aws.dms.endpoint_settings import EndpointError, source_of, target_of
from local_aws.dms.specification import PostgresSource


class TestedConnection(BaseModel):
    """The last test of an endpoint from an instance: testing, successful or failed."""

    __test__ = False

    def __init__(self, instance: FakeReplicationInstance, endpoint: Endpoint) -> None:
        self.replication_instance_arn = instance.arn
        self.replication_instance_identifier = instance.id
        self.endpoint_arn = endpoint.endpoint_arn
        self.endpoint_identifier = endpoint.endpoint_identifier
        self.status = "testing"
        self.last_failure_message = ""

    def end(self, failure: str | None) -> None:
        self.last_failure_message = f"Test Endpoint failed: {failure}" if failure else ""
        self.status = "failed" if failure else "successful"

    def to_dict(self) -> dict[str, Any]:
        return {
            "ReplicationInstanceArn": self.replication_instance_arn,
            "ReplicationInstanceIdentifier": self.replication_instance_identifier,
            "EndpointArn": self.endpoint_arn,
            "EndpointIdentifier": self.endpoint_identifier,
            "Status": self.status,
            "LastFailureMessage": self.last_failure_message,
        }


def check_endpoint_connection(endpoint: Endpoint, account_id: str, region_name: str) -> None:
    """Raises EndpointError, SourceError or FileNotFoundError saying what cannot be reached."""
    from local_aws.dms.engine import mongo, postgres
    from local_aws.dms.engine.target import check_bucket

    if endpoint.endpoint_type == "target":
        check_bucket(target_of(endpoint))
        return
    source = source_of(endpoint, account_id, region_name)
    if isinstance(source, PostgresSource):
        postgres.check_connection(source.connection)
    else:
        mongo.check_connection(source.connection, source.auth_source)


def test_in_background(connection: TestedConnection, endpoint: Endpoint, account_id: str, region_name: str) -> None:
    from local_aws.dms.engine.source import SourceError

    def test() -> None:
        try:
            check_endpoint_connection(endpoint, account_id, region_name)
        except (EndpointError, SourceError, OSError) as error:
            connection.end(str(error))
        else:
            connection.end(None)
        state.save("dms")

    Thread(target=test, name=f"dms-test-{endpoint.endpoint_identifier}", daemon=True).start()
