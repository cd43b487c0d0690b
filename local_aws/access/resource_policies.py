"""The policies that resources have themselves, by the ARN of the resource that a request is about."""

from collections.abc import Callable

from local_aws.access.policies.documents import Policy, policy_of

Document = str | bytes | None
Reader = Callable[[str, str, str], Document]


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
    return queue._policy_json and queue.policy if queue else None


READERS: dict[str, Reader] = {"s3": _bucket_policy, "sns": _topic_policy, "sqs": _queue_policy}


def resource_policy(resource: str, account_id: str) -> Policy | None:
    """The policy of the resource, None where it has none."""
    parts = resource.split(":", 5)
    reader = READERS.get(parts[2]) if len(parts) == 6 else None
    if reader is None or not parts[5]:
        return None
    document = reader(parts[4] or account_id, parts[3], parts[5])
    return policy_of(document) if document else None
