"""Rotations by the day: once a minute a thread looks for secrets that are due."""

import threading
import time

from moto.secretsmanager.models import secretsmanager_backends

from local_aws import state
from local_aws.awslambda.once import made_once

LOOK_SECONDS = 60


def _run() -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        for _, _, backend in list(secretsmanager_backends.iter_backends()):
            if backend.rotate_what_is_due():
                state.save("secretsmanager")


@made_once
def start() -> threading.Thread:
    """The one thread of this process."""
    thread = threading.Thread(target=_run, name="secret-rotations", daemon=True)
    thread.start()
    return thread
