"""AWS::SNS::Topic and AWS::SNS::Subscription."""

from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.sns.models import SNSBackend, sns_backends

from local_aws.cloudformation.resources.base import Properties, StackResource

TOPIC_ATTRIBUTES = {"DisplayName", "KmsMasterKeyId"}
SUBSCRIPTION_ATTRIBUTES = {"FilterPolicy", "FilterPolicyScope", "RawMessageDelivery"}


class TopicResource(StackResource, CloudFormationModel):
    type_name = "AWS::SNS::Topic"
    backends = sns_backends
    name_property = "TopicName"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"TopicName", "Subscription", "Tags", *TOPIC_ATTRIBUTES})
    attribute_names: ClassVar[frozenset[str]] = frozenset({"TopicName", "TopicArn"})

    @classmethod
    def create(cls, backend: SNSBackend, name: str, properties: Properties) -> Self:
        attributes = {key: str(properties[key]) for key in TOPIC_ATTRIBUTES if key in properties}
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        topic = backend.create_topic(name, attributes, tags)
        for subscription in properties.get("Subscription", []):
            backend.subscribe(topic.arn, subscription["Endpoint"], subscription["Protocol"])
        return cls(topic.arn, {"TopicName": name, "TopicArn": topic.arn})

    def update(self, backend: SNSBackend, name: str, properties: Properties) -> Self:
        """Attributes and tags change in place, another name is another topic."""
        if name != self.attributes["TopicName"]:
            return self.replace(backend, name, properties)
        return self.create(backend, name, properties)

    @classmethod
    def delete(cls, backend: SNSBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_topic(physical_resource_id)


class SubscriptionResource(StackResource, CloudFormationModel):
    type_name = "AWS::SNS::Subscription"
    backends = sns_backends
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"TopicArn", "Protocol", "Endpoint", *SUBSCRIPTION_ATTRIBUTES}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn"})

    @classmethod
    def create(cls, backend: SNSBackend, name: str, properties: Properties) -> Self:  # noqa: ARG003 - one hook for all
        subscription = backend.subscribe(properties["TopicArn"], properties["Endpoint"], properties["Protocol"])
        for attribute in SUBSCRIPTION_ATTRIBUTES & set(properties):
            backend.set_subscription_attributes(subscription.arn, attribute, properties[attribute])
        return cls(subscription.arn, {"Arn": subscription.arn})

    def update(self, backend: SNSBackend, name: str, properties: Properties) -> Self:
        self.delete(backend, self.physical_resource_id, properties)
        return self.create(backend, name, properties)

    @classmethod
    def delete(cls, backend: SNSBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.unsubscribe(physical_resource_id)
