"""Which operations change the local DMS. Its tasks and endpoints are few, and one record."""

from local_aws.state.declaration import ServiceState
from local_aws.state.operations import changing_operations

STATE = ServiceState(
    is_changing=changing_operations(
        "CreateEndpoint",
        "CreateReplicationConfig",
        "CreateReplicationInstance",
        "CreateReplicationSubnetGroup",
        "CreateReplicationTask",
        "DeleteEndpoint",
        "DeleteReplicationConfig",
        "DeleteReplicationInstance",
        "DeleteReplicationSubnetGroup",
        "DeleteReplicationTask",
        "ModifyEndpoint",
        "ModifyReplicationConfig",
        "ModifyReplicationInstance",
        "ModifyReplicationTask",
        "StartReplication",
        "StartReplicationTask",
        "StopReplication",
        "StopReplicationTask",
        "TestConnection",
    ),
)
