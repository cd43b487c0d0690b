"""What of SQS is kept how: all queues are one record, as queues of dead letters are named by others."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState()
