"""`python -m stack.watch` is the process of the stack that looks after the others."""

import time

from stack.lifecycle import Stack
from stack.settings import StackSettings

_INTERVAL_SECONDS = 10


def main() -> None:
    mender = Stack(StackSettings.from_environment()).mender()
    problems: dict[str, str] = {}
    while True:
        before, problems = problems, mender.look().problems
        for program, problem in problems.items():
            if before.get(program) != problem:
                print(f"{program} does not do its work: {problem}", flush=True)  # noqa: T201 - its log
        time.sleep(_INTERVAL_SECONDS)


if __name__ == "__main__":
    main()
