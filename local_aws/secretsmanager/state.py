"""What of Secrets Manager is kept how: all of it is one record, as secrets are few."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState()
