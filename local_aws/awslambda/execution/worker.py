"""One worker: a process that runs one function's code, and the endpoint's side of its socket."""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psutil

from local_aws.awslambda.execution import runtime
from local_aws.awslambda.execution.environment import worker_environment
from local_aws.awslambda.execution.libraries import libraries_directory
from local_aws.awslambda.execution.logs import WorkerLog
from local_aws.awslambda.execution.memory import memory_watch
from local_aws.awslambda.functions import Version
from local_aws.settings import endpoint_settings

READ_BYTES = 256 * 1024
# What is printed faster than it is read does not keep the endpoint from looking at the clock.
MOST_READS = 16
# Developer guide, "Lambda execution environment lifecycle": the init phase is limited to ten seconds, after which it is
# tried again within the function's timeout.
INIT_SECONDS = 10
WORK_PREFIX = "lambda-"


class WorkerTimeoutError(Exception):
    """The worker did not answer in time, and was ended."""


class WorkerExitError(Exception):
    """The worker ended without an answer; the message says how, as Lambda does."""


@dataclass(frozen=True)
class Answer:
    failed: bool
    payload: bytes


def clear_work_directories() -> None:
    """Remove the temporary files of the workers of an endpoint that was killed."""
    for directory in endpoint_settings().work_directory.glob(f"{WORK_PREFIX}*"):
        shutil.rmtree(directory, ignore_errors=True)


class Worker:
    """Used by one thread at a time. `memory_mb` is the most that the process has held."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.log = WorkerLog(version)
        self.memory_mb = 0
        self.idle_since = time.monotonic()
        self._start()

    def _start(self) -> None:
        endpoint_settings().work_directory.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undone:
            self._directory = tempfile.mkdtemp(prefix=WORK_PREFIX, dir=endpoint_settings().work_directory)
            undone.callback(shutil.rmtree, self._directory, ignore_errors=True)
            self._socket, far_socket = socket.socketpair()
            undone.callback(self._socket.close)
            self._output, far_output = os.pipe()
            undone.callback(os.close, self._output)
            self._start_process(far_socket, far_output)
            undone.pop_all()
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._poll.register(self._output, select.POLLIN)

    def _start_process(self, far_socket: socket.socket, far_output: int) -> None:
        """Raises AccessDeniedError of a role that is gone."""
        os.set_blocking(self._output, False)
        # -B: the code's folder cannot be written to. -I and -S: nothing of this Python's environment and packages.
        command = [sys.executable, "-B", "-I", "-S", "-X", "utf8", runtime.__file__, str(far_socket.fileno())]
        try:
            self.process = subprocess.Popen(
                [*command, str(libraries_directory())],
                cwd=self.version.code.directory,
                env=worker_environment(self.version, self.log.stream, self._directory),
                stdin=subprocess.PIPE,
                stdout=far_output,
                stderr=far_output,
                pass_fds=[far_socket.fileno()],
                start_new_session=True,
            )
        finally:
            far_socket.close()
            os.close(far_output)

    @cached_property
    def observed(self) -> psutil.Process:
        return psutil.Process(self.process.pid)

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def initialize(self) -> Answer:
        """Wait until the handler is loaded. Raises as `invoke` does."""
        return self._answer(INIT_SECONDS + self.version.timeout)

    def invoke(self, invocation: dict[str, Any], payload: bytes) -> Answer:
        """Raises WorkerTimeoutError and WorkerExitError; the worker is of no use then."""
        document = json.dumps(invocation).encode()
        memory_watch.add(self)
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._socket.sendall(runtime.HEADER.pack(len(document), len(payload)) + document + payload)
            return self._answer(self.version.timeout)
        finally:
            memory_watch.remove(self)

    def kill(self) -> None:
        """End the process and its children."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the worker and free all that it holds."""
        self.kill()
        self.process.wait()
        self.process.stdin.close()
        self._socket.close()
        os.close(self._output)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _answer(self, timeout: float) -> Answer:
        deadline = time.monotonic() + timeout
        received = bytearray()
        while True:
            remaining = deadline - time.monotonic()
            ready = self._poll.poll(max(remaining, 0) * 1000)
            if not ready:
                if remaining > 0:
                    continue
                self.kill()
                self._read_output()
                raise WorkerTimeoutError
            self._read_output()
            if any(descriptor == self._socket.fileno() for descriptor, _ in ready):
                chunk = self._receive()
                if not chunk:
                    raise WorkerExitError(self._exit())
                received += chunk
                answer = self._complete(received)
                if answer:
                    self._read_output()
                    return answer

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(READ_BYTES)
        except ConnectionResetError:
            return b""

    def _complete(self, received: bytearray) -> Answer | None:
        start = runtime.HEADER.size
        if len(received) < start:
            return None
        document_size, payload_size = runtime.HEADER.unpack(received[:start])
        if len(received) < start + document_size + payload_size:
            return None
        document = json.loads(received[start : start + document_size])
        self.memory_mb = max(self.memory_mb, document["memory_mb"])
        return Answer(document["error"], bytes(received[start + document_size :]))

    def _read_output(self) -> None:
        """What the worker has written by now. A pipe without a writer, always ready, is watched no longer."""
        for _ in range(MOST_READS):
            try:
                output = os.read(self._output, READ_BYTES)
            except BlockingIOError:
                return
            if not output:
                with contextlib.suppress(KeyError):
                    self._poll.unregister(self._output)
                return
            self.log.feed(output)

    def _exit(self) -> str:
        code = self.process.wait()
        self._read_output()
        if code == 0:
            return "Runtime exited without providing a reason"
        reason = f"exit status {code}"
        if code < 0:
            name = signal.strsignal(-code) or str(-code)
            reason = f"signal: {name.lower()}"
        return f"Runtime exited with error: {reason}"
