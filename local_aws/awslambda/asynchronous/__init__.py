"""Asynchronous invocations: events are kept on disk before they are accepted, and invoked in the background."""

from local_aws.awslambda.asynchronous.dispatcher import MOST_EVENT_BYTES, accept, invoke_later, start

__all__ = ["MOST_EVENT_BYTES", "accept", "invoke_later", "start"]
