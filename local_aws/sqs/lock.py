"""One lock for all queues, and the news that waiting receivers get of any.

Held while a message moves to its dead letter queue and while the state is read for the disk, so that each save has the
message in one of the two. Who waits for messages lets it go.
"""

from threading import Condition

sqs_lock = Condition()
