"""What of STS is kept how: sessions are on disk before they are given out."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState(is_kept=False)
