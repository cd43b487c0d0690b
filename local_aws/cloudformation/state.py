"""Which operations change CloudFormation's stacks, and with them the services of their resources."""

from local_aws.state.declaration import EVERY_SERVICE, ServiceState
from local_aws.state.operations import changing_operations

STATE = ServiceState(
    is_changing=changing_operations(
        "CreateChangeSet",
        "CreateStack",
        "CreateStackInstances",
        "CreateStackSet",
        "DeleteChangeSet",
        "DeleteStack",
        "DeleteStackInstances",
        "DeleteStackSet",
        "ExecuteChangeSet",
        "SetStackPolicy",
        "StopStackSetOperation",
        "UpdateStack",
        "UpdateStackInstances",
        "UpdateStackSet",
    ),
    reaches=EVERY_SERVICE,
)
