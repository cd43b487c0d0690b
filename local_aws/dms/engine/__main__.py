"""`python -m local_aws.dms.engine`: one run of a task, specified by the first line of the standard input.

The specification holds credentials, which is why it is neither an argument nor a file. The input stays open for as long
as somebody wants the run: when it ends, so does the process.
"""

import os
import signal
import sys
from threading import Thread
from types import FrameType

from local_aws.dms.engine import events, load
from local_aws.dms.engine.source import SourceError
from local_aws.dms.engine.target import discard_open_files
from local_aws.dms.specification import LoadSpecification
from local_aws.imports import hide_pandas

TERMINATED = 128 + signal.SIGTERM


def _abandon(*_: int | FrameType | None) -> None:
    discard_open_files()
    os._exit(TERMINATED)


def _end_with_input() -> None:
    sys.stdin.read()
    _abandon()


def main() -> int:
    hide_pandas()
    specification = LoadSpecification.from_json(sys.stdin.readline())
    signal.signal(signal.SIGTERM, _abandon)
    Thread(target=_end_with_input, daemon=True).start()
    try:
        load.run(specification)
    except (SourceError, OSError) as error:
        events.emit_failed(str(error))
        return 1
    events.emit_finished()
    return 0


if __name__ == "__main__":
    exit_code = main()
    sys.stdout.flush()
    # The thread that waits for the input's end would hold up the interpreter's own exit.
    os._exit(exit_code)
