"""What Lambda tells queues, topics and functions of invocations: destinations and dead letter queues."""

import json
from typing import Any

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from local_aws import state

Attributes = dict[str, dict[str, Any]]


def send(arn: str, document: dict[str, Any] | str, attributes: dict[str, str] | None = None) -> None:
    """Send to a queue, a topic or a function, so that it is kept. Raises what the service raises."""
    _, _, service, region, account, *rest = arn.split(":")
    body = document if isinstance(document, str) else json.dumps(document)
    if service == "sqs":
        sqs_backends[account][region].send_message(rest[-1], body, message_attributes=_attributes(attributes))
        state.save("sqs")
    elif service == "sns":
        sns_backends[account][region].publish(body, arn=arn, message_attributes=_attributes(attributes))
        for told in ("sns", "sqs"):
            state.save(told)
    elif service == "lambda":
        from local_aws.awslambda.asynchronous import accept

        accept(arn, body.encode())
    else:
        raise NotImplementedError(f"A destination of the service {service}")


def _attributes(attributes: dict[str, str] | None) -> Attributes:
    return {
        name: {"DataType": "Number" if value.isdigit() else "String", "StringValue": value}
        for name, value in (attributes or {}).items()
    }
