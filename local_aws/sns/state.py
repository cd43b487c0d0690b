"""What of SNS is kept how: a message is kept by the queues that it reaches."""

from local_aws.state.declaration import ServiceState

STATE = ServiceState(reaches=("sqs",))
