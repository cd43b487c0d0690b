"""AWS::S3::BucketPolicy, AWS::SNS::TopicPolicy and AWS::SQS::QueuePolicy: policies of resources that exist."""

import json
from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.utilities.utils import get_partition

from local_aws.cloudformation.resources.base import Properties, StackResource


def _document(properties: Properties) -> str:
    return json.dumps(properties["PolicyDocument"], default=str)


class PolicyResource(StackResource):
    """One document for the targets that `targets_property` names."""

    targets_property: ClassVar[str]

    @classmethod
    def targets(cls, properties: Properties) -> list[str]:
        value = properties[cls.targets_property]
        return value if isinstance(value, list) else [value]

    @classmethod
    def set_policy(cls, target: str, document: str | None, account_id: str, region_name: str) -> None:
        raise NotImplementedError

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        for target in cls.targets(properties):
            cls.set_policy(target, _document(properties), account_id, region_name)
        return cls(name)

    def update(self, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        return self.create(name, properties, account_id, region_name)

    @classmethod
    def delete_resource(
        cls,
        physical_resource_id: str,  # noqa: ARG003 - one hook for all
        properties: Properties,
        account_id: str,
        region_name: str,
    ) -> None:
        for target in cls.targets(properties):
            cls.set_policy(target, None, account_id, region_name)


class BucketPolicyResource(PolicyResource, CloudFormationModel):
    type_name = "AWS::S3::BucketPolicy"
    targets_property = "Bucket"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"Bucket", "PolicyDocument"})

    @classmethod
    def set_policy(cls, target: str, document: str | None, account_id: str, region_name: str) -> None:
        backend: Any = s3_backends[account_id][get_partition(region_name)]
        if document is None:
            backend.delete_bucket_policy(target)
        else:
            backend.put_bucket_policy(target, document.encode())


class TopicPolicyResource(PolicyResource, CloudFormationModel):
    type_name = "AWS::SNS::TopicPolicy"
    targets_property = "Topics"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"Topics", "PolicyDocument"})

    @classmethod
    def set_policy(cls, target: str, document: str | None, account_id: str, region_name: str) -> None:
        backend = sns_backends[account_id][region_name]
        topic = backend.get_topic(target)
        default = topic._create_default_topic_policy(region_name, account_id, topic.name)
        backend.set_topic_attribute(target, "Policy", document or json.dumps(default))


class QueuePolicyResource(PolicyResource, CloudFormationModel):
    type_name = "AWS::SQS::QueuePolicy"
    targets_property = "Queues"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"Queues", "PolicyDocument"})

    @classmethod
    def set_policy(cls, target: str, document: str | None, account_id: str, region_name: str) -> None:
        """Queues are named by their URLs."""
        backend = sqs_backends[account_id][region_name]
        backend.set_queue_attributes(target.rsplit("/", 1)[-1], {"Policy": document or ""})
