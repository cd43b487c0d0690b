"""The local SNS's backend. Messages go to queues and functions; what nothing here would deliver is refused.

A queue takes messages of the topics that its policy names (SNS developer guide, Subscribing a queue to a topic).

A subscription by e-mail is pending until its receiver has confirmed it, as on AWS: here nobody is asked to.
"""

import json
import logging
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import SNSBackend, Subscription, sns_backends

from local_aws.access import service_may

log = logging.getLogger(__name__)

SERVICE = "sns.amazonaws.com"
DELIVERED_PROTOCOLS = {"sqs", "lambda"}
PENDING_PROTOCOLS = {"email", "email-json"}
KEPT_CERTIFICATES = 100


class LocalSubscription(Subscription):
    """A queue's, a function's or a mail address's subscription."""

    @classmethod
    def of(cls, subscription: Subscription) -> "LocalSubscription":
        local = cls.__new__(cls)
        vars(local).update(vars(subscription))
        return local

    def publish(
        self,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> None:
        matcher = self._filter_policy_matcher
        if self.protocol in PENDING_PROTOCOLS or (matcher and not matcher.matches(message_attributes, message)):
            return
        if self.protocol == "sqs":
            if not service_may(SERVICE, "sqs:SendMessage", self.endpoint, self.topic.arn):
                log.warning("The policy of %s does not let %s send for %s.", self.endpoint, SERVICE, self.topic.arn)
                return
            super().publish(
                message, message_id, subject, message_attributes, group_id, deduplication_id, message_structure
            )
            return
        text = self._parse_message_structure(message, self.protocol) if message_structure == "json" else message
        self._invoke(self.get_post_data(text, message_id, subject, message_attributes))

    def _invoke(self, notification: dict[str, Any]) -> None:
        """Developer guide of Lambda, "Invoking Lambda functions with Amazon SNS notifications"."""
        from local_aws.awslambda.asynchronous import invoke_later

        for name in ("SigningCert", "Unsubscribe"):
            notification[f"{name}Url"] = notification.pop(f"{name}URL")
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": self.arn,
            "Sns": {"Subject": None, "MessageAttributes": {}} | notification,
        }
        payload = json.dumps({"Records": [record]}).encode()
        try:
            invoke_later(self.endpoint, payload, invoker=SERVICE, source_arn=self.topic.arn)
        except Exception:
            log.exception("The function %s did not get a message of the topic %s.", self.endpoint, self.topic.arn)


class LocalSNSBackend(SNSBackend):
    """SNS in one region of one account."""

    def subscribe(self, topic_arn: str, endpoint: str, protocol: str) -> Subscription:
        if protocol not in DELIVERED_PROTOCOLS | PENDING_PROTOCOLS:
            raise NotImplementedError(f"Subscriptions of the protocol {protocol}: subscribe a queue or a function")
        subscription = super().subscribe(topic_arn, endpoint, protocol)
        if isinstance(subscription, LocalSubscription):
            return subscription
        local = LocalSubscription.of(subscription)
        local.attributes["PendingConfirmation"] = protocol in PENDING_PROTOCOLS
        local.attributes["ConfirmationWasAuthenticated"] = protocol not in PENDING_PROTOCOLS
        self.subscriptions[local.arn] = local
        return local

    def publish(self, message: str, arn: str | None, phone_number: str | None = None, **options: Any) -> str:
        if phone_number:
            raise NotImplementedError("Text messages to phones (PhoneNumber): publish to a topic")
        message_id = super().publish(message, arn, **options)
        self._forget_sent(arn or "")
        return message_id

    def publish_batch(
        self, topic_arn: str, publish_batch_request_entries: list[dict[str, Any]]
    ) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
        answer = super().publish_batch(topic_arn, publish_batch_request_entries)
        self._forget_sent(topic_arn)
        return answer

    def _forget_sent(self, topic_arn: str) -> None:
        """moto keeps all that was ever sent, and a certificate for each."""
        self.get_topic(topic_arn).sent_notifications.clear()
        certificates = sns_backends[DEFAULT_ACCOUNT_ID][self.region_name]._message_public_keys
        for name in list(certificates)[:-KEPT_CERTIFICATES]:
            certificates.pop(name, None)


__all__ = ["LocalSNSBackend", "sns_backends"]
