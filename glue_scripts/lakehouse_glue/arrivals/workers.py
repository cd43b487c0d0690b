"""What tasks need in Spark's Python workers."""

import gc
import os
from functools import cache


@cache
def exempt_imports_from_collection() -> None:
    """Once per worker: Spark collects garbage after every task, and would go through all modules each time."""
    gc.collect()
    gc.freeze()


def local_directory() -> str | None:
    """The first of Spark's folders for local files, which it removes at its end; None outside of Spark."""
    return os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0] or None
