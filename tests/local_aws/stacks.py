"""Stacks of templates that a test writes itself."""

import json
from typing import Any

from botocore.client import BaseClient

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "stack-topic"}}


def create(client: BaseClient, resources: dict, name: str = "test", **template: Any) -> dict:
    body = json.dumps({"Resources": resources, **template})
    client.create_stack(StackName=name, TemplateBody=body)
    return client.describe_stacks(StackName=name)["Stacks"][0]


def failures(client: BaseClient, name: str = "test") -> list[tuple[str, str]]:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    return [
        (event["LogicalResourceId"], event["ResourceStatusReason"])
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    ]


def stack_names(client: BaseClient) -> set[str]:
    return {stack["StackName"] for stack in client.describe_stacks()["Stacks"]}


def topic_names(sns: BaseClient) -> set[str]:
    return {topic["TopicArn"].rpartition(":")[2] for topic in sns.list_topics().get("Topics", [])}
