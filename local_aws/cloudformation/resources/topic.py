"""AWS::SNS::Topic and AWS::SNS::Subscription."""

from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.sns.models import SNSBackend, sns_backends

from local_aws.cloudformation.resources.base import Properties, StackResource

TOPIC_ATTRIBUTES = {"DisplayName", "KmsMasterKeyId"}
SUBSCRIPTION_ATTRIBUTES = {"FilterPolicy", "FilterPolicyScope", "RawMessageDelivery"}


def backend_of(account_id: str, region_name: str) -> SNSBackend:
    return sns_backends[account_id][region_name]


class TopicResource(StackResource, CloudFormationModel):
    type_name = "AWS::SNS::Topic"
    name_property = "TopicName"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"TopicName", "Subscription", "Tags", *TOPIC_ATTRIBUTES})
    attribute_names: ClassVar[frozenset[str]] = frozenset({"TopicName", "TopicArn"})

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        backend = backend_of(account_id, region_name)
        attributes = {key: str(properties[key]) for key in TOPIC_ATTRIBUTES if key in properties}
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        topic = backend.create_topic(name, attributes, tags)
        for subscription in properties.get("Subscription", []):
            backend.subscribe(topic.arn, subscription["Endpoint"], subscription["Protocol"])
        return cls(topic.arn, {"TopicName": name, "TopicArn": topic.arn})

    def update(self, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        """Attributes and tags change in place, another name is another topic."""
        if name != self.attributes["TopicName"]:
            replacement = self.create(name, properties, account_id, region_name)
            self.delete_resource(self.physical_resource_id, properties, account_id, region_name)
            return replacement
        return self.create(name, properties, account_id, region_name)

    @classmethod
    def delete_resource(
        cls,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
        account_id: str,
        region_name: str,
    ) -> None:
        backend_of(account_id, region_name).delete_topic(physical_resource_id)


class SubscriptionResource(StackResource, CloudFormationModel):
    type_name = "AWS::SNS::Subscription"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"TopicArn", "Protocol", "Endpoint", *SUBSCRIPTION_ATTRIBUTES}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn"})

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region_name: str) -> Self:  # noqa: ARG003
        backend = backend_of(account_id, region_name)
        subscription = backend.subscribe(properties["TopicArn"], properties["Endpoint"], properties["Protocol"])
        for attribute in SUBSCRIPTION_ATTRIBUTES & set(properties):
            backend.set_subscription_attributes(subscription.arn, attribute, properties[attribute])
        return cls(subscription.arn, {"Arn": subscription.arn})

    def update(self, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        self.delete_resource(self.physical_resource_id, properties, account_id, region_name)
        return self.create(name, properties, account_id, region_name)

    @classmethod
    def delete_resource(
        cls,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
        account_id: str,
        region_name: str,
    ) -> None:
        backend_of(account_id, region_name).unsubscribe(physical_resource_id)
