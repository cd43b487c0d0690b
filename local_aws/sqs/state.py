"""What of SQS is kept how: a record per queue and per message."""

from local_aws.sqs.lock import sqs_lock
from local_aws.state.declaration import Collection, ServiceState, never_changes

_MESSAGES = Collection("messages_by_id", revision=lambda message: message.revision)
_DELETED_HANDLES = Collection("deleted_handles", revision=never_changes)

STATE = ServiceState(collections=(Collection("queues", within=(_MESSAGES, _DELETED_HANDLES)),), lock=sqs_lock)
