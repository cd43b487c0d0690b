"""What runs in a worker: loads the handler once, then answers one event after the other.

Started by its path in a Python without site packages, so it imports nothing of the project. Arguments: the descriptor
of the socket to the endpoint, then folders for the end of `sys.path`. Messages on the socket are `HEADER`, a JSON
document of that length, and a payload of that length. Formats of errors and log lines are those of Lambda's own runtime
(aws/aws-lambda-python-runtime-interface-client, `bootstrap.py`).
"""

import decimal
import importlib
import json
import logging
import os
import resource
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HEADER = struct.Struct("!II")
MEBIBYTE = 1024 * 1024
# What a process reserves and does not use is no memory of the function's.
UNUSED_BYTES = 256 * MEBIBYTE
LOG_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"


class FunctionError(Exception):
    """A function that cannot be started, or an answer that cannot be sent, with Lambda's name of the error."""

    def __init__(self, error_type: str, message: str, stack_trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.stack_trace = stack_trace or []


class Context:
    """The second argument of a handler."""

    def __init__(self, invocation: dict[str, Any]) -> None:
        self.aws_request_id = invocation["request_id"]
        self.invoked_function_arn = invocation["function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        client = invocation.get("client_context")
        self.client_context = (
            json.loads(client, object_hook=lambda fields: SimpleNamespace(**fields)) if client else None
        )
        self._deadline = time.monotonic() + invocation["timeout_seconds"]

    def get_remaining_time_in_millis(self) -> int:
        return max(int((self._deadline - time.monotonic()) * 1000), 0)

    def log(self, message: str) -> None:
        sys.stdout.write(str(message))


class LogHandler(logging.Handler):
    """Writes a record as one line; the endpoint turns the carriage returns of a traceback into its lines again."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = self.request_id
        sys.stdout.write(self.format(record).replace("\n", "\r") + "\n")


class Encoder(json.JSONEncoder):
    def default(self, o: Any) -> Any:
        return float(o) if isinstance(o, decimal.Decimal) else super().default(o)


def end_with_the_endpoint(lifeline: int) -> None:
    """End this process and its children when the endpoint is gone, however it ended: the pipe's other end is closed."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def load_handler(name: str) -> Callable[[Any, Context], Any]:
    """The function that `module.function` or `folder/module.function` names. Raises FunctionError."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        message = f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"
        raise FunctionError("Runtime.MalformedHandlerName", message)
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise FunctionError("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise FunctionError("Runtime.UserCodeSyntaxError", message, trace) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise FunctionError("Runtime.HandlerNotFound", message) from error


def error_document(error: BaseException, request_id: str) -> dict[str, Any]:
    """The answer of a failed invocation; the frames of this file are left out of its stack trace."""
    if isinstance(error, FunctionError):
        error_type, trace = error.error_type, error.stack_trace
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_of_the_runtime(frame.filename)]
        error_type, trace = type(error).__name__, traceback.format_list(frames)
    return {"errorMessage": str(error), "errorType": error_type, "requestId": request_id, "stackTrace": trace}


def is_of_the_runtime(filename: str) -> bool:
    return filename == __file__ or filename.startswith("<frozen importlib")


def log_error(document: dict[str, Any]) -> None:
    lines = [f"[ERROR] {document['errorType']}: {document['errorMessage']}"]
    if document["stackTrace"]:
        lines += ["Traceback (most recent call last):", *(line.rstrip("\n") for line in document["stackTrace"])]
    sys.stdout.write("\r".join(lines).replace("\n", "\r") + "\n")


def answer(handler: Callable[[Any, Context], Any], invocation: dict[str, Any], payload: bytes) -> tuple[bool, bytes]:
    """Whether the invocation failed, and the answer to it. An exit of the handler ends the process."""
    try:
        event = json.loads(payload) if payload else {}
        result = handler(event, Context(invocation))
        try:
            return False, json.dumps(result, cls=Encoder, ensure_ascii=False).encode()
        except (TypeError, ValueError) as error:
            raise FunctionError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
    except MemoryError:
        # As an execution environment does that is out of memory.
        os.kill(os.getpid(), signal.SIGKILL)
        raise
    except Exception as error:
        document = error_document(error, invocation["request_id"])
        log_error(document)
        return True, json.dumps(document, ensure_ascii=False).encode()


def largest_memory_mb() -> int:
    """The most memory that the process has held. Linux counts what getrusage gives from before the process's start."""
    try:
        status = Path("/proc/self/status").read_bytes()
        kibibytes = int(status.partition(b"VmHWM:")[2].split()[0])
    except OSError:
        kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return -(-kibibytes // 1024)


def limit_memory(memory_mb: int) -> None:
    """Keep one huge allocation from being made before the endpoint notices; threads' stacks are counted too."""
    limit = memory_mb * MEBIBYTE + UNUSED_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def receive(connection: socket.socket, size: int) -> bytearray:
    """Raises EOFError when the endpoint has closed the connection."""
    content = bytearray(size)
    view, filled = memoryview(content), 0
    while filled < size:
        count = connection.recv_into(view[filled:])
        if not count:
            raise EOFError
        filled += count
    return content


def send(connection: socket.socket, fields: dict[str, Any], payload: bytes = b"") -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    document = json.dumps(fields).encode()
    connection.sendall(HEADER.pack(len(document), len(payload)) + document + payload)


def prepare_logging() -> LogHandler:
    """Python's root logger writes in Lambda's form; warnings and above, unless the function says otherwise."""
    handler = LogHandler()
    formatter = logging.Formatter(LOG_FORMAT, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    return handler


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    lifeline = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=end_with_the_endpoint, args=(lifeline,), daemon=True).start()
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.path += sys.argv[2:]
    del sys.argv[1:]
    limit_memory(int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]))
    log_handler = prepare_logging()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        document = error_document(error, "")
        log_error(document)
        send(connection, {"error": True, "memory_mb": largest_memory_mb()}, json.dumps(document).encode())
        return
    send(connection, {"error": False, "memory_mb": largest_memory_mb()})
    while True:
        sizes = HEADER.unpack(receive(connection, HEADER.size))
        invocation = json.loads(receive(connection, sizes[0]))
        payload = bytes(receive(connection, sizes[1]))
        log_handler.request_id = invocation["request_id"]
        os.environ["_X_AMZN_TRACE_ID"] = invocation["trace_id"]
        failed, result = answer(handler, invocation, payload)
        send(connection, {"error": failed, "memory_mb": largest_memory_mb()}, result)


if __name__ == "__main__":
    try:
        main()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        os._exit(0)
