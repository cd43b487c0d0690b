"""Which operations change the local Redshift Serverless; a namespace's managed password is a secret."""

from local_aws.state.declaration import ServiceState
from local_aws.state.operations import changing_operations

STATE = ServiceState(
    is_changing=changing_operations(
        "CreateNamespace",
        "CreateUsageLimit",
        "CreateWorkgroup",
        "DeleteNamespace",
        "DeleteUsageLimit",
        "DeleteWorkgroup",
        "TagResource",
        "UntagResource",
        "UpdateNamespace",
        "UpdateUsageLimit",
        "UpdateWorkgroup",
    ),
    reaches=("secretsmanager",),
)
