"""The events of CloudWatch Logs that a Glue job's lines become."""

import pytest

from local_aws.glue.jobs import engine
from tests.local_aws.glue_jobs import Jobs

# CloudWatch Logs quotas: 256 KB, of which an event's own fields take 26 bytes.
MOST_BYTES = 256 * 1024 - 26
# Each letter has two bytes, and the first stands at an odd place.
LONG = "x" + "ä" * MOST_BYTES
SCRIPT = """
import sys
long = "x" + "ä" * {most}
sys.stdout.buffer.write(long.encode())
sys.stdout.flush()
sys.stdout.buffer.write(b" goes on\\r\\nnext\\nunended")
"""


@pytest.fixture
def jobs(aws):
    return Jobs(aws)


def test_a_line_longer_than_an_event_goes_on_in_the_next_event(jobs):
    run = jobs.run(jobs.create(SCRIPT.format(most=MOST_BYTES)))

    assert run["JobRunState"] == "SUCCEEDED", run
    *pieces, following, last = jobs.output(run["Id"])
    assert "".join(pieces) == f"{LONG} goes on"
    assert len(pieces) == 3
    assert max(len(piece.encode()) for piece in pieces) <= MOST_BYTES
    assert (following, last) == ("next", "unended")


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_java_printed_reaches_its_job_whatever_the_chunks(size):
    passed, lines = [], engine._Lines()
    lines.write_to = passed.append

    def print_line(end_line):
        printed = b"\n".join([b"first", b"0" * 40, b"unended" + end_line.encode(), b"of nobody\n"])
        for start in range(0, len(printed), size):
            lines.write(printed[start : start + size])

    lines.end_at(print_line)
    after_the_end = b"".join(passed)
    lines.write(b"")

    assert after_the_end == b"first\n" + b"0" * 40 + b"\nunended\n"
    assert b"".join(passed) == after_the_end
    assert lines.first == "first"


def test_what_java_prints_is_passed_on_before_its_line_ends():
    passed, lines = [], engine._Lines()
    lines.write_to = passed.append
    lines.write(b"half a ")
    assert passed == [b"half a "]
    lines.write(b"line")
    lines.write(b"")
    assert b"".join(passed) == b"half a line\n"


def test_a_java_that_does_not_print_its_end_line_has_its_last_line_ended(monkeypatch):
    monkeypatch.setattr(engine, "OUTPUT_SECONDS", 0.01)
    passed, lines = [], engine._Lines()
    lines.write_to = passed.append
    lines.write(b"half a line and ")
    lines.end_at(lambda end_line: lines.write(end_line[:1].encode()))
    lines.write(b" that comes late\n")
    assert b"".join(passed)[:-2] == b"half a line and "
    assert b"".join(passed).endswith(b"\n")
