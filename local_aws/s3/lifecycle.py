"""Deletes objects whose lifecycle rule says that their days are over."""

import logging
import threading
import time
from itertools import chain

from moto.s3.models import FakeBucket, LifecycleRule, S3Backend, s3_backends

from local_aws import storage

log = logging.getLogger(__name__)

SWEEP_INTERVAL_SECONDS = 3600
SECONDS_PER_DAY = 86_400


def start() -> None:
    """Sweep hourly, in the background."""
    threading.Thread(target=_sweep_for_ever, name="s3-lifecycle", daemon=True).start()


def _sweep_for_ever() -> None:
    while True:
        time.sleep(SWEEP_INTERVAL_SECONDS)
        try:
            expire_objects(time.time())
        except Exception:
            log.exception("The sweep of expired objects failed; it is tried again in an hour.")


def expire_objects(now: float) -> list[tuple[str, str]]:
    """Delete what has expired at `now` (seconds since the epoch); buckets and keys of it."""
    backends = chain.from_iterable(by_partition.values() for by_partition in list(s3_backends.values()))
    return [
        (bucket.name, key)
        for backend in list(backends)
        for bucket in list(backend.buckets.values())
        for rule in bucket.rules
        if rule.status == "Enabled" and rule.expiration_days
        for key in _expire(backend, bucket, rule, now)
    ]


def _expire(backend: S3Backend, bucket: FakeBucket, rule: LifecycleRule, now: float) -> list[str]:
    prefix = rule.prefix or (rule.filter.prefix if rule.filter else "") or ""
    oldest = now - int(rule.expiration_days) * SECONDS_PER_DAY
    expired = []
    for key, entry in storage.object_entries(bucket.name, prefix):
        if entry is not None and entry.stat().st_mtime < oldest:
            expired.append(key)
    for key in expired:
        backend.delete_object(bucket.name, key)
    return expired
