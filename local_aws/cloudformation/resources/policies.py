"""AWS::S3::BucketPolicy, AWS::SNS::TopicPolicy and AWS::SQS::QueuePolicy: policies of resources that exist."""

import json
from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.sns.models import SNSBackend, sns_backends
from moto.sqs.models import SQSBackend, sqs_backends

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
    def set_policy(cls, backend: Any, target: str, document: str | None) -> None:
        raise NotImplementedError

    @classmethod
    def create(cls, backend: Any, name: str, properties: Properties) -> Self:
        for target in cls.targets(properties):
            cls.set_policy(backend, target, _document(properties))
        return cls(name)

    def update(self, backend: Any, name: str, properties: Properties) -> Self:
        return self.create(backend, name, properties)

    @classmethod
    def delete(cls, backend: Any, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        for target in cls.targets(properties):
            cls.set_policy(backend, target, None)


class BucketPolicyResource(PolicyResource, CloudFormationModel):
    type_name = "AWS::S3::BucketPolicy"
    backends = s3_backends
    is_global = True
    targets_property = "Bucket"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"Bucket", "PolicyDocument"})

    @classmethod
    def set_policy(cls, backend: Any, target: str, document: str | None) -> None:
        if document is None:
            backend.delete_bucket_policy(target)
        else:
            backend.put_bucket_policy(target, document.encode())


class TopicPolicyResource(PolicyResource, CloudFormationModel):
    type_name = "AWS::SNS::TopicPolicy"
    backends = sns_backends
    targets_property = "Topics"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"Topics", "PolicyDocument"})

    @classmethod
    def set_policy(cls, backend: SNSBackend, target: str, document: str | None) -> None:
        topic = backend.get_topic(target)
        default = topic._create_default_topic_policy(backend.region_name, backend.account_id, topic.name)
        topic.policy = document or json.dumps(default)


class QueuePolicyResource(PolicyResource, CloudFormationModel):
    type_name = "AWS::SQS::QueuePolicy"
    backends = sqs_backends
    targets_property = "Queues"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"Queues", "PolicyDocument"})

    @classmethod
    def set_policy(cls, backend: SQSBackend, target: str, document: str | None) -> None:
        """Queues are named by their URLs."""
        backend.set_queue_attributes(target.rsplit("/", 1)[-1], {"Policy": document or ""})
