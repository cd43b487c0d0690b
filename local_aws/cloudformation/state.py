"""Which operations change CloudFormation's stacks, and with them the services of their resources."""

from local_aws.state.declaration import EVERY_SERVICE, ServiceState
from local_aws.state.operations import changing_operations

STATE = ServiceState(
    is_changing=changing_operations(
        "CreateChangeSet",
        "CreateStack",
        "DeleteChangeSet",
        "DeleteStack",
        "ExecuteChangeSet",
        "SetStackPolicy",
        "UpdateStack",
        "UpdateTerminationProtection",
    ),
    reaches=EVERY_SERVICE,
    operations_reach={
        # A stack under review is the first event of a new one, of which its notification topics are told.
        "CreateChangeSet": ("sns", "sqs"),
        "DeleteChangeSet": (),
        "SetStackPolicy": (),
        "UpdateTerminationProtection": (),
    },
)
