"""Engines for jobs: one that waits and was started with the options that the job needs, else a new one.

AWS Glue keeps warm capacity between runs, too. Only the engine of a job that ended well waits for another.
"""

import logging
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from py4j.protocol import Py4JError

from local_aws.glue.jobs import spark
from local_aws.glue.jobs.engine import Engine
from local_aws.settings import endpoint_settings

logger = logging.getLogger(__name__)

FOLDER_PREFIX = "glue-engine-"
GIBIBYTES_PER_WAITING_ENGINE = 8
# What queries were compiled to, and what libraries keep for good, grows from job to job.
CLEARING_SECONDS = 10
MOST_JOBS = 20


@dataclass
class _Member:
    """An engine, the options of its Java, and how many jobs it has served."""

    engine: Engine
    options: spark.JavaOptions
    jobs: int = 0


_members: dict[Engine, _Member] = {}
_waiting: list[_Member] = []
_clearing: list[_Member] = []
_changed = threading.Condition()


def take(options: spark.JavaOptions, passed_variables: dict[str, str]) -> Engine:
    """An engine that serves nobody else until it is given back.

    Raises JobError when Java does not start.
    """
    member = _taken(options)
    while member and not member.engine.answers():
        end(member.engine)
        member = _taken(options)
    member = member or _started(options, passed_variables)
    member.jobs += 1
    return member.engine


def give_back(engine: Engine) -> None:
    """Keep the engine of a job that ended well for the next one; what the job left is removed in the background."""
    with _changed:
        member = _members[engine]
        _clearing.append(member)
    threading.Thread(target=_clear, args=(member,), name="engine-clearing", daemon=True).start()


def end(engine: Engine) -> None:
    """End the engine's Java and forget it."""
    engine.kill()
    engine.wait_for_end()
    with _changed:
        _members.pop(engine, None)
    shutil.rmtree(engine.directory, ignore_errors=True)


def most_waiting() -> int:
    """One for each 8 GiB of the machine: an idle Java holds about one."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / spark.GIBIBYTE
    return max(1, round(machine / GIBIBYTES_PER_WAITING_ENGINE))


def _taken(options: spark.JavaOptions) -> _Member | None:
    """One that waits, or will when it is cleared."""
    with _changed:
        _changed.wait_for(lambda: _found(_waiting, options) or not _found(_clearing, options), CLEARING_SECONDS)
        member = _found(_waiting, options)
        if member:
            _waiting.remove(member)
        return member


def _found(members: list[_Member], options: spark.JavaOptions) -> _Member | None:
    return next((member for member in members if member.options == options and member.engine.is_alive), None)


def _started(options: spark.JavaOptions, passed_variables: dict[str, str]) -> _Member:
    directory = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=endpoint_settings().work_directory))
    try:
        engine = Engine(passed_variables | spark.java_environment(directory, options), directory)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    member = _Member(engine, options)
    with _changed:
        _members[engine] = member
    return member


def _clear(member: _Member) -> None:
    try:
        member.engine.clear()
        stays = member.jobs < MOST_JOBS
    except (Py4JError, OSError) as error:
        logger.warning("An engine is not used again: %s", error)
        stays = False
    with _changed:
        _clearing.remove(member)
        if stays:
            _waiting.append(member)
            _expire_later(member)
        leaving = _without_place() if stays else [member]
        _changed.notify_all()
    for one in leaving:
        end(one.engine)


def _without_place() -> list[_Member]:
    """Those that were killed while they waited, and what is too many, the longest waiting first: they wait no more."""
    alive = [member for member in _waiting if member.engine.is_alive]
    staying = alive[-most_waiting() :]
    leaving = [member for member in _waiting if member not in staying]
    _waiting[:] = staying
    return leaving


def _expire_later(member: _Member) -> None:
    jobs = member.jobs

    def expire() -> None:
        with _changed:
            if member not in _waiting or member.jobs != jobs:
                return
            _waiting.remove(member)
        end(member.engine)

    timer = threading.Timer(endpoint_settings().engine_idle_seconds, expire)
    timer.daemon = True
    timer.start()
