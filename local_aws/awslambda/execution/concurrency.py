"""How many executions go on at once, of a function and of the account."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws.awslambda.exceptions import TooManyRequestsException
from local_aws.awslambda.functions import Version
from local_aws.awslambda.metrics import record_concurrency, record_throttle
from local_aws.settings import endpoint_settings

_lock = threading.Lock()
_executions: Counter[str] = Counter()


@contextmanager
def execution_slot(version: Version, reserved: int | None) -> Iterator[None]:
    """Raises TooManyRequestsException beyond the function's reservation, and beyond the account's limit."""
    name = version.function_arn
    with _lock:
        reason = None
        if reserved is not None and _executions[name] >= reserved:
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
        elif _executions.total() >= endpoint_settings().functions.most_executions:
            reason = "ConcurrentInvocationLimitExceeded"
        else:
            _executions[name] += 1
        running = _executions[name]
    if reason:
        record_throttle(version)
        raise TooManyRequestsException("Rate Exceeded.", reason)
    record_concurrency(version, running)
    try:
        yield
    finally:
        with _lock:
            _executions[name] -= 1
            if not _executions[name]:
                del _executions[name]
