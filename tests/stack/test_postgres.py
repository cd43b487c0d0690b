import subprocess
import time
from pathlib import Path

import psycopg2
import pytest

from stack import postgres
from stack.ports import free_ports
from stack.waiting import wait_until


def test_server_starts_in_a_closed_folder_and_wants_its_password(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    directory, [port] = closed / "postgres", free_ports(1)
    postgres.initialise(directory, "right")
    server = subprocess.Popen(postgres.command(directory, port), stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: postgres.is_ready(postgres.dsn(port, "right")), "postgres", timeout_seconds=20)
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(postgres.dsn(port, "wrong"))
    finally:
        server.send_signal(2)
        server.wait(timeout=20)


def test_an_initialised_folder_stays_as_it_is(tmp_path: Path):
    postgres.initialise(tmp_path / "postgres", "right")
    control_file = tmp_path / "postgres" / "global" / "pg_control"
    before = control_file.read_bytes()
    time.sleep(0.01)
    postgres.initialise(tmp_path / "postgres", "other")
    assert control_file.read_bytes() == before
