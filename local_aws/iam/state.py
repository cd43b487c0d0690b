"""What of IAM is kept how: as the default says."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState()
