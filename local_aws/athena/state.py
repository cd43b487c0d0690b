"""Which operations change the local Athena, and how its executions are kept."""

from local_aws.state.declaration import Collection, ServiceState, never_changes
from local_aws.state.operations import changing_operations

STATE = ServiceState(
    is_changing=changing_operations(
        "CreateCapacityReservation",
        "CreateDataCatalog",
        "CreateNamedQuery",
        "CreatePreparedStatement",
        "CreateWorkGroup",
        "DeleteNamedQuery",
        "DeletePreparedStatement",
        "DeleteWorkGroup",
        "StartQueryExecution",
        "StopQueryExecution",
        "TagResource",
        "UntagResource",
        "UpdateCapacityReservation",
        "UpdatePreparedStatement",
        "UpdateWorkGroup",
    ),
    collections=(
        Collection("query_executions", revision=lambda execution: execution.revision),
        Collection("request_tokens", revision=never_changes),
    ),
)
