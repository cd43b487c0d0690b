"""Queues that services of AWS may send messages to."""

import json
from typing import Any

from botocore.client import BaseClient


def sending_policy(name: str, *services: str) -> dict[str, Any]:
    """The policy of a queue that lets in the services, such as `events`."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:us-east-1:123456789012:{name}",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def queue_for(sqs: BaseClient, name: str, *services: str) -> str:
    """The URL of a queue with such a policy."""
    policy = sending_policy(name, *services)
    return sqs.create_queue(QueueName=name, Attributes={"Policy": json.dumps(policy)})["QueueUrl"]
