"""Files that go to quarantine whole."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from lakehouse_glue.arrivals.objects import RefusedError

logger = logging.getLogger(__name__)


class UnusableFileError(Exception):
    """A file that goes to quarantine whole; the message is one sentence that says why."""


@contextmanager
def refusals_as_unusable() -> Iterator[None]:
    """A file that S3 refuses to the job is that file's fate, too: the job has read its claim, which lies beside it."""
    try:
        yield
    except RefusedError as error:
        raise UnusableFileError(
            f"S3 refuses to let the job read it ({error}): allow it and drop the file again."
        ) from None


@contextmanager
def failures_as_unusable() -> Iterator[None]:
    """Whatever a file's content makes the reader raise is that file's fate: it becomes an UnusableFileError.

    Lack of memory is not: another try may have more.
    """
    try:
        yield
    except (UnusableFileError, MemoryError):
        raise
    except Exception as error:
        logger.exception("The reader failed")
        raise UnusableFileError(
            f"The reader failed on it with {type(error).__name__}: {error}. The file may be right: report this."
        ) from error
