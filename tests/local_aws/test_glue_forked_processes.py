"""A process that a fork server has forked is to its script what a new one is."""

import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from local_aws.glue.jobs.forking import ForkServer
from tests.local_aws.glue_jobs import wait_for
from tests.local_aws.glue_processes import PASSED, Process

# Each has a state of its own in a new Python, or looks at the process.
IMPORTED = [
    "numpy",
    "numpy.random",
    "multiprocessing.process",
    "logging.config",
    "ssl",
    "concurrent.futures.thread",
    "uuid",
]
LOOK = f"""
    import importlib
    for name in {IMPORTED}:
        importlib.import_module(name)
    import gc, json, locale, multiprocessing, os, resource, signal, sys, tempfile, threading, time, warnings

    def status(name):
        return next(line for line in open("/proc/self/status") if line.startswith(name)).split()[1:]

    main = sys.modules["__main__"]
    mask = os.umask(0)
    os.umask(mask)
    print(json.dumps(dict(
        files=sorted(os.readlink(f"/proc/self/fd/{{file}}").split(":")[0] for file in range(200)
            if os.path.exists(f"/proc/self/fd/{{file}}")),
        environment=dict(os.environ),
        environment_of_children=sorted(os.popen("env").read().split()),
        folder=os.getcwd(),
        arguments=sys.argv,
        path=sys.path,
        flags=repr(sys.flags),
        session=os.getsid(0) == os.getpgid(0) == os.getpid(),
        mask=mask,
        niceness=os.nice(0),
        signals=[status(name) for name in ("SigBlk", "SigIgn", "SigCgt")],
        handlers=[repr(signal.getsignal(number)) for number in (2, 13, 14, 15, 17)],
        alarm=signal.alarm(0),
        limits=[resource.getrlimit(limit) for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)],
        temporary=tempfile.gettempdir(),
        zone=time.strftime("%z %Z", time.localtime(0)),
        streams=[[s.encoding, s.errors, s.mode, s.write_through, s.line_buffering, s.name, type(s.buffer).__name__]
            for s in (sys.stdout, sys.stderr)],
        input=sys.stdin.read(),
        locale=locale.setlocale(locale.LC_ALL),
        threads=[(thread.name, thread.daemon) for thread in threading.enumerate()],
        main=[main.__name__, main.__file__, __name__, __file__, sorted(vars(main))],
        started_in=multiprocessing.process.ORIGINAL_DIR,
        filters=repr(warnings.filters),
        collecting=[gc.isenabled(), gc.get_threshold()],
        of_project=[name for name in sys.modules if name.startswith(("local_aws", "launcher", "fork", "process"))],
    ), default=str))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A fork server that has imported some modules."""
    directory = tmp_path_factory.mktemp("server")
    server = ForkServer(PASSED | {"TZ": "UTC"}, directory)
    assert server.import_modules(IMPORTED) is None
    yield server
    server.end()


@pytest.fixture
def run(server, tmp_path):
    """`run(script, server=..., **variables)`: a script that has ended; by default it was forked."""

    def run(script, server=server, **variables):
        return Process(tmp_path / "run", script, server, **variables).end()

    return run


def test_script_sees_what_it_sees_in_a_new_process(server, run, tmp_path):
    variables = {"TZ": "Asia/Kathmandu", "PYTHONPATH": os.pathsep.join([str(tmp_path / "a.zip"), "b", str(tmp_path)])}
    new, forked = (run(LOOK, of, **variables, WORD="loud") for of in (None, server))

    assert (new.errors, forked.errors) == ("", "")
    seen, expected = json.loads(forked.output), json.loads(new.output)
    assert seen == expected
    assert seen["environment"]["WORD"] == "loud"
    assert seen["arguments"][1:] == ["--a", "two words"]
    assert forked.outcome.exit_code == 0
    assert set(IMPORTED) <= set(forked.outcome.modules)


def test_next_script_sees_nothing_of_the_one_before(run):
    change = """
        import json, logging, os, sys, types, uuid
        json.dumps = uuid.uuid4 = None
        os.environ["OF_FIRST"] = "1"
        sys.path.append("/of/first")
        logging.basicConfig(level=1)
        sys.modules["of_first"] = types
    """
    look = """
        import json, logging, os, sys, uuid
        print(json.dumps([str(uuid.uuid4())[14], "OF_FIRST" in os.environ, "/of/first" in sys.path,
            logging.getLogger().level, "of_first" in sys.modules, os.path.exists("left")]))
    """
    first = run(change, OF_FIRST="0")
    second = run(look)

    assert first.outcome.exit_code == 0, first.errors
    assert json.loads(second.output) == ["4", False, False, 30, False, False]


def test_module_of_the_job_is_found_before_an_installed_one_that_the_fork_server_holds(run, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "uuid.py").write_text("NAME = 'the own one'")
    (tmp_path / "own" / "sitecustomize.py").write_text("import builtins; builtins.at_start = 'at the start'")

    ended = run("import uuid\nprint(uuid.NAME, at_start)", PYTHONPATH=str(tmp_path / "own"))

    assert (ended.output, ended.outcome.exit_code) == ("the own one at the start\n", 0), ended.errors
    assert run("import uuid\nprint(hasattr(uuid, 'NAME'))").output == "False\n"


def test_chance_is_not_shared(run):
    script = """
        import random, ssl, uuid, tempfile, numpy.random, multiprocessing
        print(random.random(), numpy.random.rand(), ssl.RAND_bytes(8), uuid.uuid4(), tempfile.mktemp(),
            bytes(multiprocessing.current_process().authkey), sep="\\n")
    """

    runs = [run(script).output.splitlines() for _ in range(2)]

    assert [len(lines) for lines in runs] == [6, 6]
    assert not set(runs[0]) & set(runs[1])


def test_output_comes_at_once_and_in_order(server, tmp_path):
    script = """
        import os, sys, time
        print("one")
        os.write(1, b"two\\n")
        print("three", end="")
        os.system("echo , four")
        sys.stdout.write("five")
        time.sleep(600)
    """
    process = Process(tmp_path / "run", script, server)

    wait_for(lambda: process.output == "one\ntwo\nthree, four\nfive", seconds=20)

    process.process.kill()
    assert process.end().outcome.exit_code == -signal.SIGKILL


@pytest.mark.parametrize(
    ("script", "exit_code", "error"),
    [
        ("", 0, None),
        ("import sys; sys.exit(3)", 3, "SystemExit: 3"),
        ("import sys; sys.exit('no rows')", 1, "SystemExit: no rows"),
        ("raise ValueError('no rows')", 1, "ValueError: no rows"),
        ("import os; os._exit(9)", 9, None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV, None),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
    ],
)
def test_end_is_told_as_that_of_a_new_process(run, script, exit_code, error):
    new, forked = run(script, None), run(script)

    assert (forked.outcome.exit_code, forked.outcome.error) == (exit_code, error)
    assert (new.outcome.exit_code, new.outcome.error) == (exit_code, error)
    assert "fork_server" not in forked.errors
    assert forked.errors == new.errors


def test_what_a_script_leaves_is_done_at_its_end(run):
    script = """
        import atexit, threading, time
        def work():
            time.sleep(0.5)
            print("worked")
        threading.Thread(target=work).start()
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        atexit.register(print, "end", end=".")
        print("left")
    """

    ended = run(script)

    assert (ended.output, ended.errors, ended.outcome.exit_code) == ("left\nworked\nend.", "", 0)


def test_numbers_are_computed_by_several_threads(run):
    script = """
        import numpy
        some = numpy.random.rand(500, 500)
        print(numpy.allclose(numpy.linalg.inv(some) @ some, numpy.eye(500)))
    """

    assert run(script).output == "True\n"


def test_two_at_once_run_side_by_side(server, tmp_path):
    script = """
        import os, sys, time
        others = os.path.join(os.path.dirname(os.getcwd()), sys.argv[0].split("/")[-2] == "a" and "b" or "a")
        open("here", "w").close()
        while not os.path.exists(f"{others}/here"):
            time.sleep(0.01)
        print(os.getpid())
    """

    processes = [Process(tmp_path / name, script, server) for name in ("a", "b")]
    ended = [process.end() for process in processes]

    assert [one.outcome.exit_code for one in ended] == [0, 0]
    assert [int(one.output) for one in ended] == [process.process._process.pid for process in processes]


def test_killing_a_process_ends_its_children_and_not_the_fork_server(server, run, tmp_path):
    script = "import subprocess, time\nprint(subprocess.Popen(['sleep', '600']).pid)\ntime.sleep(600)"
    process = Process(tmp_path / "killed", script, server)
    child = int(wait_for(lambda: process.output, seconds=20))

    process.process.kill()

    assert process.end().outcome.exit_code == -signal.SIGKILL
    wait_for(lambda: not psutil.pid_exists(child), seconds=20)
    assert run("print('next')").output == "next\n"
    assert server.is_alive


def test_fork_server_knows_nothing_of_a_run(server, run):
    secret = "6d1f-of-one-run"
    run("import time", SECRET=secret, PYTHONPATH=f"/of/{secret}")

    memory = Path(f"/proc/{server.pid}/mem")
    with memory.open("rb", 0) as content:
        for line in Path(f"/proc/{server.pid}/maps").read_text().splitlines():
            span, rights, *rest = line.split()
            if rights.startswith("rw"):
                start, end = (int(text, 16) for text in span.split("-"))
                content.seek(start)
                assert secret.encode() not in content.read(end - start), rest
    assert set(psutil.Process(server.pid).environ()) - set(PASSED) <= {"TZ", "PYTHONUNBUFFERED"}


def test_python_is_the_one_of_the_endpoint(run):
    assert run("import sys\nprint(sys.executable)").output == f"{sys.executable}\n"
