"""Which operations change the local CodeStar Connections, and how its connections are kept."""

from local_aws.state.declaration import Collection, ServiceState
from local_aws.state.operations import changing_operations

STATE = ServiceState(
    is_changing=changing_operations("CreateConnection", "DeleteConnection"),
    collections=(Collection("connections"),),
)
