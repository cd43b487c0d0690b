"""The endpoint's side of a fork server: has it import modules, and gets a process of it for each run."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from local_aws.glue.jobs.fork_server import EXIT_CODE, FORK, IMPORT, IMPORT_SECONDS, MESSAGE, PID

FORK_SERVER = Path(__file__).with_name("fork_server.py")
# A fork takes some hundredths of a second.
FORK_SECONDS = 10


class ForkServer:
    """A fork server, which ends with this process."""

    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        self._sending = threading.Lock()
        self._control, theirs = socket.socketpair()
        self._control.settimeout(FORK_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(FORK_SERVER), str(theirs.fileno())],
                cwd=directory,
                env=environment | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
        self.pid = self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def import_modules(self, names: list[str]) -> str | None:
        """The first of them that is not fit for a fork server, which is not fit for a job then.

        Raises OSError when the fork server ended, of itself as an import took too long.
        """
        with self._request(IMPORT) as connection:
            connection.settimeout(IMPORT_SECONDS + FORK_SECONDS)
            connection.sendall(json.dumps(names).encode())
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as answer:
                content = answer.read()
        if not content:
            raise ConnectionResetError("The fork server ended.")
        return json.loads(content)

    def fork(self, arguments: list[str], environment: dict[str, str], directory: Path) -> "ForkedProcess | None":
        """A process that runs the launcher with these arguments; None of a fork server that was killed or hangs.

        Until the process has said its number it knows nothing of the run, so that a run never has two.
        """
        try:
            connection = self._request(FORK)
        except OSError:
            self.end()
            return None
        connection.settimeout(FORK_SECONDS)
        try:
            return ForkedProcess(connection, arguments, environment, directory)
        except OSError:
            connection.close()
            self.end()
            return None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _request(self, kind: bytes) -> socket.socket:
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._sending:
                socket.send_fds(self._control, [kind], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
        return ours


class ForkedProcess:
    """What a `subprocess.Popen` with three pipes is, of a process that the fork server has forked.

    Raises OSError when there is none.
    """

    def __init__(
        self, connection: socket.socket, arguments: list[str], environment: dict[str, str], directory: Path
    ) -> None:
        self._connection = connection
        self._exit_code: int | None = None
        self.pid = self._receive(PID)
        (their_input, our_input), (our_output, their_output), (our_errors, their_errors) = (os.pipe() for _ in range(3))
        self.stdin, self.stdout, self.stderr = (
            open(our_input, "wb"),  # noqa: PTH123, SIM115
            open(our_output, "rb"),  # noqa: PTH123, SIM115
            open(our_errors, "rb"),  # noqa: PTH123, SIM115
        )
        request = {"arguments": arguments, "environment": environment, "directory": str(directory)}
        try:
            socket.send_fds(connection, [b"f"], [their_input, their_output, their_errors])
            connection.sendall(json.dumps(request).encode())
            connection.shutdown(socket.SHUT_WR)
        finally:
            for file in (their_input, their_output, their_errors):
                os.close(file)

    def wait(self, timeout: float | None = None) -> int:
        if self._exit_code is None:
            self._connection.settimeout(timeout)
            try:
                self._exit_code = self._receive(EXIT_CODE)
            except TimeoutError as error:
                raise subprocess.TimeoutExpired(str(self.pid), timeout) from error
            except OSError:
                # Its keeper was killed, which is all that is known of its end.
                self._exit_code = -signal.SIGKILL
            self._connection.close()
        return self._exit_code

    def _receive(self, kind: bytes) -> int:
        message = self._connection.recv(MESSAGE.size)
        if message[:1] != kind:
            raise ConnectionResetError("The fork server ended.")
        return MESSAGE.unpack(message)[1]
