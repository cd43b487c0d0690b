"""`python -m stack.watch` is the process of the stack that looks after the others."""

import time

from stack.lifecycle import Stack
from stack.settings import StackSettings

_INTERVAL_SECONDS = 10


def main() -> None:
    stack = Stack(StackSettings.from_environment())
    mender = stack.mender()
    known: set[str] = set()
    while True:
        problems = mender.look().problems
        news = {f"{program} does not do its work: {problem}" for program, problem in problems.items()}
        news |= {f"{program}: {story}" for program, story in stack.restart_stories().items()}
        for line in sorted(news - known):
            print(line, flush=True)  # noqa: T201 - its log
        known = news
        time.sleep(_INTERVAL_SECONDS)


if __name__ == "__main__":
    main()
