"""Tables and items are in a database of their own (`store`), and no state beside it."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState(is_kept=False)
