"""Queues that services of AWS may send messages to."""

import json

from botocore.client import BaseClient


def queue_for(sqs: BaseClient, name: str, *services: str) -> str:
    """The URL of a queue whose policy lets in the services, such as `events`."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:us-east-1:123456789012:{name}",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return sqs.create_queue(QueueName=name, Attributes={"Policy": json.dumps(policy)})["QueueUrl"]
