"""`python -m producers.trades.heartbeat` exits with 1 unless the producer has shown lately that it works.

It is the health check of the container: the file is touched by the loop that reads and writes.
"""

import os
import sys
import time
from pathlib import Path

INTERVAL_SECONDS = 5
_OLDEST_SECONDS = 30


def main() -> int:
    try:
        age = time.time() - Path(os.environ["LAKEHOUSE_TRADES_HEARTBEAT"]).stat().st_mtime
    except FileNotFoundError:
        return 1
    return int(age > _OLDEST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
