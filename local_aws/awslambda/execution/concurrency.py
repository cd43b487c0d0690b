"""How many executions go on at once, of a function and of the account."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws.awslambda.exceptions import TooManyRequestsException
from local_aws.awslambda.functions import Version
from local_aws.awslambda.metrics import record_concurrency, record_throttle

# An account's executions at once (developer guide, "Lambda quotas").
MOST_EXECUTIONS = int(os.environ.get("LAKEHOUSE_AWS_LAMBDA_CONCURRENCY", "1000"))

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
        elif _executions.total() >= MOST_EXECUTIONS:
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
