"""Which operations change the local Redshift Data API, and how its statements are kept."""

from local_aws.redshift_data.statements.model import Statement
from local_aws.state.declaration import Collection, ServiceState, never_changes
from local_aws.state.operations import changing_operations


def _revision(statement: Statement) -> tuple[int, ...]:
    return statement.revision, *(part.revision for part in statement.parts)


STATE = ServiceState(
    is_changing=changing_operations("BatchExecuteStatement", "CancelStatement", "ExecuteStatement"),
    collections=(
        Collection("statements", revision=_revision),
        Collection("client_tokens", revision=never_changes),
    ),
)
