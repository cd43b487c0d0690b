"""Which modules a fork server can share: those whose import does no more than that."""

import pytest

from local_aws.glue.jobs.forking import ForkServer
from tests.local_aws.glue_jobs import wait_for
from tests.local_aws.glue_processes import PASSED


@pytest.fixture
def fit(tmp_path):
    """`fit(source)`: the first module that a fork server could not share, of one of this source and a good one."""
    servers = []

    def fit(source):
        (tmp_path / "given.py").write_text(source)
        (tmp_path / "good.py").write_text("import warnings\nVALUE = 1")
        servers.append(ForkServer(PASSED | {"PYTHONPATH": str(tmp_path)}, tmp_path))
        return servers[-1].import_modules(["good", "given"])

    yield fit
    for server in servers:
        server.end()


@pytest.mark.parametrize(
    "source",
    [
        "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
        "import _thread, time; _thread.start_new_thread(time.sleep, (600,))",
        "import os; os.environ['SET'] = '1'",
        "import os; os.chdir('/')",
        "import sys; sys.path.insert(0, '/of/module')",
        "import tempfile; FOLDER = tempfile.gettempdir()",
        "print('imported')",
        "import warnings; warnings.warn('old')",
        "import signal; signal.signal(signal.SIGTERM, lambda *_: None)",
        "import socket; socket.socket = type('Patched', (socket.socket,), {})",
        "import time; time.sleep = lambda _: None",
        "import os; os.environ['SET'] = '1'; raise ImportError('late')",
    ],
)
def test_module_whose_import_does_more_than_that_is_not_shared(fit, source):
    assert fit(source) == "given"


@pytest.mark.parametrize(
    "source",
    [
        "VALUE = 1",
        "raise ImportError('not here')",
        "raise SystemExit(1)",
        "raise KeyboardInterrupt",
        "import no_such_module_here",
        "syntax error",
        "import sys; sys.path.append('/of/module')",
        "import random; VALUE = random.random()",
    ],
)
def test_module_that_can_be_shared_or_not_be_imported_is_passed_over(fit, source):
    assert fit(source) is None


def test_fork_server_ends_of_itself_when_an_import_hangs(tmp_path, monkeypatch):
    (tmp_path / "hanging.py").write_text("import signal, time\nsignal.alarm(1)\ntime.sleep(600)")
    server = ForkServer(PASSED | {"PYTHONPATH": str(tmp_path)}, tmp_path)

    with pytest.raises(OSError, match="fork server ended"):
        server.import_modules(["hanging"])

    wait_for(lambda: not server.is_alive, seconds=20)
