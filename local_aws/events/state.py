"""What of EventBridge is kept how: an event becomes messages of topics and queues."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState(reaches=("sns", "sqs"))
