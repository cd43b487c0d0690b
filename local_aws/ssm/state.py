"""What of Parameter Store is kept how: all of it is one record, as parameters are few."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState()
