"""The records of streams are in DynamoDB's database, and no state beside it."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState(is_kept=False)
