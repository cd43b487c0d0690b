"""`python -m stack.launch COMMAND…` becomes a program of the stack, after it has ended what that one left behind."""

import os
import sys

from stack.leftovers import MARK, end_program

if __name__ == "__main__":
    end_program(os.environ[MARK])
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - no shell
