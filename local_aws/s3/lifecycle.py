"""Does what lifecycle rules say once their days are over: deletes objects and versions, moves them, ends uploads."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from moto.s3.models import FakeBucket, LifecycleRule, S3Backend, s3_backends

from local_aws.s3 import multipart, store, versions
from local_aws.s3.event_messages import Cause, caused_by
from local_aws.s3.lifecycle_rules import STORAGE_CLASSES
from local_aws.s3.store import StoredObject

log = logging.getLogger(__name__)

SWEEP_INTERVAL_SECONDS = 3600
SECONDS_PER_DAY = 86_400
# S3 leaves smaller objects where they are (S3 user guide, Transitioning objects using Amazon S3 Lifecycle).
MIN_TRANSITION_BYTES = 128 << 10


def start() -> None:
    """Sweep hourly, in the background."""
    threading.Thread(target=_sweep_for_ever, name="s3-lifecycle", daemon=True).start()


def _sweep_for_ever() -> None:
    while True:
        time.sleep(SWEEP_INTERVAL_SECONDS)
        try:
            sweep(time.time())
        except Exception:
            log.exception("The sweep of the lifecycle rules failed; it is tried again in an hour.")


def sweep(now: float) -> list[tuple[str, str]]:
    """Do what is due at `now` (seconds since the epoch); buckets and keys of the objects deleted."""
    deleted = []
    for backend, bucket, rule in _enabled_rules():
        if rule.aimu_days:
            _abort_uploads(bucket.name, _prefix(rule), _due_before(now, rule.aimu_days))
        if rule.nve_noncurrent_days:
            _expire_versions(backend, bucket.name, _prefix(rule), _due_before(now, rule.nve_noncurrent_days))
        if rule.expiration_days:
            keys = _expire(backend, bucket.name, _prefix(rule), _due_before(now, rule.expiration_days))
            deleted += [(bucket.name, key) for key in keys]
        for transition in rule.transitions or []:
            _move(bucket.name, _prefix(rule), _due_before(now, transition.days), transition.storage_class)
    return deleted


def _enabled_rules() -> Iterator[tuple[S3Backend, FakeBucket, LifecycleRule]]:
    backends = chain.from_iterable(by_partition.values() for by_partition in list(s3_backends.values()))
    for backend in list(backends):
        for bucket in list(backend.buckets.values()):
            yield from ((backend, bucket, rule) for rule in bucket.rules if rule.status == "Enabled")


def _prefix(rule: LifecycleRule) -> str:
    return rule.prefix or (rule.filter.prefix if rule.filter else "") or ""


def _due_before(now: float, days: str | int) -> float:
    return now - int(days) * SECONDS_PER_DAY


def _old_keys(bucket: str, prefix: str, due_before: float) -> list[str]:
    return [
        key for key, entry in store.entries(bucket, prefix) if entry is not None and entry.stat().st_mtime < due_before
    ]


def _expire(backend: S3Backend, bucket: str, prefix: str, due_before: float) -> list[str]:
    expired = _old_keys(bucket, prefix, due_before)
    for key in expired:
        with caused_by(Cause(is_lifecycle=True)):
            backend.delete_object(bucket, key)
    return expired


def _move(bucket: str, prefix: str, due_before: float, storage_class: str) -> None:
    """Change the storage class of objects that are in a warmer one."""
    for key in _old_keys(bucket, prefix, due_before):
        with store.locked(bucket, key):
            found = store.find(bucket, key)
            if found and found.status.st_size >= MIN_TRANSITION_BYTES and _is_warmer(found, storage_class):
                store.set_attributes(replace(found, attributes=replace(found.attributes, storage_class=storage_class)))


def _is_warmer(found: StoredObject, storage_class: str) -> bool:
    present = found.attributes.storage_class
    return present in STORAGE_CLASSES[: STORAGE_CLASSES.index(storage_class)]


def _expire_versions(backend: S3Backend, bucket: str, prefix: str, due_before: float) -> None:
    """Delete versions for good that were replaced that long ago: a version's time ends when the next one's begins."""
    replaced_at = float("inf")
    for version, is_latest in list(versions.all_versions(bucket, prefix)):
        if not is_latest and replaced_at < due_before:
            with caused_by(Cause(is_lifecycle=True)):
                backend.delete_object(bucket, version.key, version.version_id)
        replaced_at = version.modified_at


def _abort_uploads(bucket: str, prefix: str, due_before: float) -> None:
    for upload in multipart.uploads(bucket):
        if upload.key_name.startswith(prefix) and upload.initiated_at.timestamp() < due_before:
            multipart.discard(upload)
