"""The policies that resources have themselves, by the ARN of the resource that a request is about."""

import json
from collections.abc import Callable

from local_aws.access.policies.documents import Policy, policy_of

Document = str | bytes | None
# Account, region and the rest of the ARN give the document.
Reader = Callable[[str, str, str], Document]


def resource_policy(resource: str, account_id: str) -> Policy | None:
    """The policy of the resource, None where it has none."""
    parts = resource.split(":", 5)
    reader = READERS.get(parts[2]) if len(parts) == 6 else None
    document = reader(parts[4] or account_id, parts[3], parts[5]) if reader else None
    return policy_of(document) if document else None


def _bucket_policy(account_id: str, region: str, name: str) -> Document:  # noqa: ARG001 - as every reader
    from moto.s3.models import s3_backends

    bucket = s3_backends[account_id]["aws"].buckets.get(name.partition("/")[0])
    return bucket.policy if bucket else None


def _topic_policy(account_id: str, region: str, name: str) -> Document:
    from moto.sns.models import sns_backends

    topic = sns_backends[account_id][region].topics.get(f"arn:aws:sns:{region}:{account_id}:{name}")
    return topic.policy if topic else None


def _queue_policy(account_id: str, region: str, name: str) -> Document:
    from moto.sqs.models import sqs_backends

    queue = sqs_backends[account_id][region].queues.get(name)
    return queue.policy if queue else None


def _secret_policy(account_id: str, region: str, name: str) -> Document:
    from moto.secretsmanager.models import secretsmanager_backends

    secret = secretsmanager_backends[account_id][region].secrets.get(name.removeprefix("secret:")[:-7])
    return secret.policy if secret else None


def _key_policy(account_id: str, region: str, name: str) -> Document:
    from moto.kms.models import kms_backends

    key = kms_backends[account_id][region].keys.get(name.removeprefix("key/"))
    return key.policy if key else None


def _function_policy(account_id: str, region: str, name: str) -> Document:
    from moto.awslambda.models import lambda_backends

    kind, _, rest = name.partition(":")
    function_name, _, qualifier = rest.partition(":")
    function = lambda_backends[account_id][region].functions.get(function_name) if kind == "function" else None
    statements = function.statements.get(qualifier or "$LATEST") if function else None
    return json.dumps({"Statement": [one.document() for one in statements]}) if statements else None


def _trust_policy(account_id: str, region: str, name: str) -> Document:  # noqa: ARG001 - as every reader
    from local_aws.access.roles import role_of

    role = role_of(f"arn:aws:iam::{account_id}:{name}") if name.startswith("role/") else None
    return role.assume_role_policy_document if role else None


READERS: dict[str, Reader] = {
    "iam": _trust_policy,
    "kms": _key_policy,
    "lambda": _function_policy,
    "s3": _bucket_policy,
    "secretsmanager": _secret_policy,
    "sns": _topic_policy,
    "sqs": _queue_policy,
}
