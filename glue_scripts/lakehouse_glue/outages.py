"""Which errors say nothing of the data that a job reads: a service did not answer, or refused what it was asked."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from py4j.protocol import Py4JJavaError
from pyspark.errors.exceptions.captured import CapturedException

from lakehouse_glue.errors import OutageError

# Of Java's exceptions by the beginning of their class's name: of AWS's SDK, of Iceberg, of the network.
JAVA_OUTAGES = (
    "software.amazon.awssdk.",
    "com.amazonaws.",
    "org.apache.iceberg.exceptions.",
    "java.net.",
    "java.nio.file.AccessDeniedException",
)
# A worker's exceptions come as the text of their traceback, in which a class begins a line.
WORKER_OUTAGE = re.compile(
    r"^(?:(?:botocore|boto3)\.exceptions\.\w+|lakehouse_glue\.\S+\.GoneError): .*$", re.MULTILINE
)
MOST_CHARACTERS = 500


@contextmanager
def outages_marked(mark: str) -> Iterator[None]:
    """Errors that are due to an outage end in one line that begins with the mark: Glue's error message of the run."""
    try:
        yield
    except Exception as error:
        outage = outage_of(error)
        if outage is None:
            raise
        line = " ".join(outage.split())[:MOST_CHARACTERS]
        raise OutageError(f"{mark} {line}") from error


def outage_of(error: BaseException) -> str | None:
    """What a service answered, or that it did not, where an error is due to that; None for another error.

    Told by the classes of the exceptions, never by what their messages happen to hold, such as names of files.
    """
    for cause in _causes(error):
        if isinstance(cause, OutageError | BotoCoreError | Boto3Error | ClientError):
            return f"{type(cause).__name__}: {cause}"
        if isinstance(cause, CapturedException | Py4JJavaError) and (found := _java_outage(cause)):
            return found
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it came of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _java_outage(error: CapturedException | Py4JJavaError) -> str | None:
    java = error.java_exception if isinstance(error, Py4JJavaError) else error._origin
    for throwable in _java_causes(java):
        name, message = throwable.getClass().getName(), throwable.getMessage() or ""
        if name.startswith(JAVA_OUTAGES):
            return f"{name}: {message}"
        if in_worker := WORKER_OUTAGE.search(message):
            return in_worker[0]
    return None


def _java_causes(throwable: Any) -> Iterator[Any]:
    while throwable is not None:
        yield throwable
        throwable = throwable.getCause()
