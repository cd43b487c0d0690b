"""One execution: from the event to the answer, with its log lines and metrics."""

import json
import math
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from local_aws.awslambda.execution.concurrency import execution_slot
from local_aws.awslambda.execution.pool import pool
from local_aws.awslambda.execution.worker import Answer, Worker, WorkerExitError, WorkerTimeoutError
from local_aws.awslambda.functions import Version
from local_aws.awslambda.metrics import record_execution

# Developer guide, "Lambda quotas": 6 MB, and what Lambda itself names in its error.
MOST_ANSWER_BYTES = 6_291_556
UNHANDLED = "Unhandled"


@dataclass(frozen=True)
class Execution:
    """`function_error` is None or "Unhandled": Lambda names all errors so (floci-io/floci issue 3314 compares them)."""

    payload: bytes
    function_error: str | None
    version: str
    log_tail: bytes
    request_id: str


@dataclass(frozen=True)
class _Outcome:
    answer: Answer
    status: str = ""
    is_worker_usable: bool = True


@dataclass(frozen=True)
class _Started:
    """A worker for one execution. `init_ms` and `failure` are of one that was started for it: `failure` is its end."""

    worker: Worker
    init_ms: float | None = None
    failure: _Outcome | None = None


def execute(
    version: Version,
    payload: bytes,
    *,
    function_arn: str,
    reserved: int | None,
    request_id: str | None = None,
    client_context: str | None = None,
) -> Execution:
    """Run the version's handler on an event and wait for its answer.

    :param function_arn: as it was asked for, with its qualifier
    :param reserved: the function's reserved concurrency
    Raises TooManyRequestsException.
    """
    invocation = {
        "request_id": request_id or str(uuid4()),
        "function_arn": function_arn,
        "timeout_seconds": version.timeout,
        "trace_id": f"Root=1-{int(time.time()):08x}-{uuid4().hex[:24]};Sampled=0",
        "client_context": client_context,
    }
    with execution_slot(version, reserved):
        started = _started(version, invocation["request_id"])
        is_usable = False
        try:
            outcome = _run(started, invocation, payload)
            is_usable = outcome.is_worker_usable
            return Execution(
                outcome.answer.payload,
                UNHANDLED if outcome.answer.failed else None,
                version.number,
                started.worker.log.tail,
                invocation["request_id"],
            )
        finally:
            if is_usable:
                pool.give_back(started.worker)
            else:
                pool.drop(version.revision_id, started.worker)


def _started(version: Version, request_id: str) -> _Started:
    """A worker that was used before, or one that has loaded the function's code, or failed to."""
    worker = pool.take(version)
    if worker:
        worker.log.begin()
        return _Started(worker)
    began = time.monotonic()
    try:
        worker = Worker(version)
        failure = _initialized(worker, request_id)
    except BaseException:
        pool.drop(version.revision_id, worker)
        raise
    finally:
        pool.started()
    return _Started(worker, (time.monotonic() - began) * 1000, failure)


def _run(started: _Started, invocation: dict[str, Any], payload: bytes) -> _Outcome:
    """The outcome, with its lines in the log and its metrics."""
    worker, version, request_id = started.worker, started.worker.version, invocation["request_id"]
    worker.log.write(f"START RequestId: {request_id} Version: {version.number}")
    began = time.monotonic()
    outcome = started.failure or _invoked(worker, invocation, payload)
    duration_ms = (time.monotonic() - began) * 1000
    outcome = replace(outcome, answer=_limited(outcome.answer))
    _report(worker, request_id, duration_ms, started.init_ms, outcome.status)
    record_execution(version, duration_ms, failed=outcome.answer.failed)
    return outcome


def _initialized(worker: Worker, request_id: str) -> _Outcome | None:
    """What the invocation answers when the function could not be started; else None."""
    worker.log.begin()
    worker.log.write(f"INIT_START Runtime Version: python:{sys.version.split()[0]}")
    try:
        answer = worker.initialize()
    except WorkerTimeoutError:
        return _timeout(worker, request_id)
    except WorkerExitError as error:
        return _exit(worker, request_id, str(error))
    if not answer.failed:
        return None
    document = json.loads(answer.payload) | {"requestId": request_id}
    return _Outcome(Answer(True, json.dumps(document).encode()), _error_status(document), is_worker_usable=False)


def _invoked(worker: Worker, invocation: dict[str, Any], payload: bytes) -> _Outcome:
    try:
        return _Outcome(worker.invoke(invocation, payload))
    except WorkerTimeoutError:
        return _timeout(worker, invocation["request_id"])
    except WorkerExitError as error:
        return _exit(worker, invocation["request_id"], str(error))


def _timeout(worker: Worker, request_id: str) -> _Outcome:
    sentence = f"Task timed out after {worker.version.timeout:.2f} seconds"
    worker.log.end_line()
    worker.log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {request_id} {sentence}")
    document = {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {request_id} Error: {sentence}"}
    return _Outcome(Answer(True, json.dumps(document).encode()), "Status: timeout", is_worker_usable=False)


def _exit(worker: Worker, request_id: str, sentence: str) -> _Outcome:
    worker.log.end_line()
    worker.log.write(f"RequestId: {request_id} Error: {sentence}\nRuntime.ExitError")
    document = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {sentence}"}
    return _Outcome(Answer(True, json.dumps(document).encode()), _error_status(document), is_worker_usable=False)


def _error_status(document: dict[str, Any]) -> str:
    return f"Status: error\tError Type: {document['errorType']}"


def _limited(answer: Answer) -> Answer:
    if len(answer.payload) <= MOST_ANSWER_BYTES:
        return answer
    sentence = f"Response payload size exceeded maximum allowed payload size ({MOST_ANSWER_BYTES} bytes)."
    document = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": sentence}
    return Answer(True, json.dumps(document).encode())


def _report(worker: Worker, request_id: str, duration_ms: float, init_ms: float | None, status: str) -> None:
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(duration_ms + (init_ms or 0))} ms",
        f"Memory Size: {worker.version.memory_size} MB",
        f"Max Memory Used: {min(worker.memory_mb, worker.version.memory_size)} MB",
    ]
    if init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    if status:
        fields.append(status)
    worker.log.end_line()
    worker.log.write(f"END RequestId: {request_id}")
    worker.log.write("\t".join(fields) + "\t")
