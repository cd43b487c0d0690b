"""One rotation: the steps that the secret's function is invoked for, until one fails."""

import json
import logging
import threading
import time
from collections.abc import Iterable

from moto.secretsmanager.models import FakeSecret

from local_aws import state
from local_aws.awslambda.invocation import invoke

log = logging.getLogger(__name__)

SERVICE = "secretsmanager.amazonaws.com"


# ARNs of the secrets whose functions are at work.
_rotating: set[str] = set()


def is_rotating(secret: FakeSecret) -> bool:
    return secret.arn in _rotating


def start_rotation(secret: FakeSecret, token: str, steps: Iterable[str]) -> None:
    """Rotate in the background."""
    _rotating.add(secret.arn)
    threading.Thread(target=_run, args=(secret, token, steps), name=f"rotation-{secret.name}", daemon=True).start()


def _run(secret: FakeSecret, token: str, steps: Iterable[str]) -> None:
    try:
        _rotate(secret, token, steps)
    finally:
        _rotating.discard(secret.arn)


def _rotate(secret: FakeSecret, token: str, steps: Iterable[str]) -> None:
    """A step that fails ends the rotation: the version stays pending, and the next rotation begins anew."""
    for step in steps:
        event = {"Step": f"{step}Secret", "SecretId": secret.arn, "ClientRequestToken": token, "RotationToken": token}
        try:
            answer = invoke(
                secret.rotation_lambda_arn, json.dumps(event).encode(), invoker=SERVICE, source_arn=secret.arn
            )
        except Exception:
            log.exception("The secret %s was not rotated: the step %s failed", secret.name, event["Step"])
            return
        if answer.function_error:
            log.warning("The secret %s was not rotated: %s: %s", secret.name, event["Step"], answer.payload.decode())
            return
    if token in secret.versions and "AWSCURRENT" in secret.versions[token]["version_stages"]:
        secret.set_default_version_id(token)
        secret.last_rotation_date = int(time.time())
        state.save("secretsmanager")
