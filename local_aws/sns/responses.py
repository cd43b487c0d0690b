"""The SNS API: moto's, over the local backend, without messages to phones, applications and those who would confirm."""

from typing import NoReturn

from moto.sns.responses import SNSResponse


class LocalSNSResponse(SNSResponse):
    def confirm_subscription(self) -> NoReturn:
        raise NotImplementedError("Confirmations (ConfirmSubscription): no token is sent to anybody")

    def create_platform_application(self) -> NoReturn:
        raise NotImplementedError("Applications on phones (CreatePlatformApplication): publish to a topic")

    def set_sms_attributes(self) -> NoReturn:
        raise NotImplementedError("Text messages to phones (SetSMSAttributes): publish to a topic")
