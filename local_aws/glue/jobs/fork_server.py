"""A Python that has imported installed packages and forks a process for each run of a job. It imports nothing else.

Argument: the number of the control socket. Each request on it is one byte with a socket for the answer: IMPORT, whose
socket brings names of modules and takes the answer, or FORK, whose socket the fork server itself does not read: the
arguments, the environment and the files of a run are known to its own process alone. The fork server ends when the
control socket closes.

A job's process is a child of a keeper, not of the fork server, so that its exit code is told whatever ends the fork
server. The terms are those of Python's multiprocessing ("forkserver").
"""

import builtins
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NoReturn

IMPORT, FORK = b"I", b"F"
PID, EXIT_CODE = b"p", b"e"
MESSAGE = struct.Struct("=ci")
FILES = 3
LAUNCHER = Path(__file__).with_name("launcher.py")
# Longer, and an import hangs: the alarm ends the fork server.
IMPORT_SECONDS = 120
# They start threads and register what stops or forgets them at a fork (pthread_atfork): OpenBLAS's workers and the
# thread of jemalloc that gives memory back.
FORK_SAFE = ("numpy", "pyarrow", "scipy.linalg")
# What gevent and eventlet put functions of their own into.
PATCHED = (builtins, os, select, signal, socket, ssl, subprocess, threading, time)
# The script's own folder is not on the path that a job has.
PATH_LENGTH = len(sys.path) - 1
# A Python imports them at its start when it finds them.
AT_START = ("sitecustomize", "usercustomize")


def serve(control: socket.socket) -> socket.socket:
    """Answer requests until the control socket closes. Only a job's process returns, with the socket of its run."""
    keepers: set[int] = set()
    while True:
        request, files, *_ = socket.recv_fds(control, 1, 1)
        if not request:
            os._exit(0)
        keepers = {keeper for keeper in keepers if not os.waitpid(keeper, os.WNOHANG)[0]}
        with socket.socket(fileno=files[0]) as connection:
            if request == IMPORT:
                connection.sendall(json.dumps(import_modules(json.loads(read_all(connection)))).encode())
                continue
            keeper = os.fork()
            if keeper:
                keepers.add(keeper)
                continue
            control.close()
            return fork_job(connection.dup())


def fork_job(connection: socket.socket) -> socket.socket:
    """In the keeper: fork the job's process, in which alone this returns, wait for its end and tell its exit code."""
    with suppress(OSError):
        os.setsid()
        job = os.fork()
        if not job:
            return connection
        _, status = os.waitpid(job, 0)
        connection.sendall(MESSAGE.pack(EXIT_CODE, os.waitstatus_to_exitcode(status)))
    os._exit(0)


def import_modules(names: list[str]) -> str | None:
    """Import each. The first whose import leaves more than a module is named: a job that imports it does not share it.

    What an import prints, and what it does to the environment, the folder and the path's beginning, a fork would not
    bring to the job; threads would be gone; and patches of the standard library would reach jobs that do not import the
    module.
    """
    signal.alarm(IMPORT_SECONDS)
    before = traces()
    for name in sorted(names, key=lambda name: name not in FORK_SAFE):
        if name in sys.modules:
            continue
        with suppress(BaseException):
            importlib.import_module(name)
        after = traces()
        if name in FORK_SAFE:
            before["tasks"] = after["tasks"]
        if after != before:
            return name
    signal.alarm(0)
    # A collection that looked at what all share would copy it.
    gc.collect()
    gc.freeze()
    return None


def traces() -> dict[str, object]:
    return {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "path": sys.path[:PATH_LENGTH],
        "temporary folder": tempfile.tempdir,
        "printed": os.fstat(1).st_size,
        "threads": threading.active_count(),
        "tasks": len(list(Path("/proc/self/task").glob("*"))),
        "signals": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "patched": [value for module in PATCHED for value in vars(module).copy().values() if callable(value)],
    }


def become_job(connection: socket.socket) -> None:
    """Be what a new Python of the run would be: its session, files, folder, environment, path and arguments."""
    os.setsid()
    connection.sendall(MESSAGE.pack(PID, os.getpid()))
    _, files, *_ = socket.recv_fds(connection, 1, FILES)
    request = json.loads(read_all(connection))
    connection.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = [str(LAUNCHER), *request["arguments"]]
    sys.orig_argv = [sys.executable, *sys.argv]
    script = Path(request["arguments"][1])
    own = [str(Path(entry).absolute()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    importlib.invalidate_caches()
    if has_namesake([str(script.parent), *own]):
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606
    sys.path[:0] = [str(LAUNCHER.parent), *dict.fromkeys(own)]
    renew()


def has_namesake(path: list[str]) -> bool:
    """Whether the job brings a module of a name that is taken here: it would get the other one."""
    names = {name.partition(".")[0] for name in sys.modules} - {"__main__"}
    return any(PathFinder.find_spec(name, path) for name in names.union(AT_START))


def renew() -> None:
    """What has a value of its own in each Python. The module random, and OpenSSL, see to themselves at a fork."""
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
    if process := sys.modules.get("multiprocessing.process"):
        process.ORIGINAL_DIR = str(Path.cwd())
        process.current_process().authkey = os.urandom(32)


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def print_to_nowhere() -> None:
    """What is printed has a size, by which an import that prints is told."""
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
    tempfile.tempdir = None


def main() -> NoReturn:
    del sys.path[0]
    print_to_nowhere()
    become_job(serve(socket.socket(fileno=int(sys.argv[1]))))
    runpy.run_path(str(LAUNCHER), run_name="__main__")


if __name__ == "__main__":
    main()
