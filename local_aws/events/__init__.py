"""EventBridge: events of services and of PutEvents reach the targets of the rules that match them."""

from collections.abc import Sequence
from typing import Any


def install() -> None:
    from moto.events.models import events_backends

    from local_aws.events import cloudformation  # noqa: F401 - moto finds loaded classes
    from local_aws.events.models import LocalEventsBackend

    events_backends.backend = LocalEventsBackend


def announce_event(
    source: str, detail_type: str, detail: dict[str, Any], resources: Sequence[str], account_id: str, region_name: str
) -> None:
    """Send a service's event to the default bus. Best effort, as on AWS: a failure is logged, the caller goes on."""
    from moto.events.models import events_backends

    from local_aws import state

    events_backends[account_id][region_name].deliver(source, detail_type, detail, list(resources))
    for service in ("sqs", "sns"):
        state.save(service)
