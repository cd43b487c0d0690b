"""The error that is the user's to fix, and how a job reports it."""

from collections.abc import Callable


class BadInputError(Exception):
    """Data or settings that a job cannot work with. The message is one sentence: what, where and what to do."""


class OutageError(Exception):
    """A job cannot go on for no fault of its data."""


def run_job(job: Callable[[], None]) -> None:
    """Run a job so that bad input ends it with one sentence and code 1, and a bug with its traceback.

    Glue shows the last line of the error stream as the ErrorMessage of the job run.
    """
    try:
        job()
    except BadInputError as error:
        raise SystemExit(str(error)) from None
