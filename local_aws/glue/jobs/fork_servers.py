"""Which fork server serves which runs: one for the jobs of the same kind with the same additional modules.

A fork server has imported what good runs of such jobs have imported, so that a job finds no package among the imported
modules that its own environment on AWS does not have. There is none before the first good run, and none that has been
idle for a while.
"""

import logging
import sysconfig
import threading
from dataclasses import dataclass, field
from pathlib import Path

from local_aws.glue.jobs.forking import ForkServer
from local_aws.settings import endpoint_settings

logger = logging.getLogger(__name__)

MOST_SERVERS = 3
# A run imports by itself what its fork server has not imported by then.
IMPORTING_SECONDS = 30
MOST_FAILURES = 3


@dataclass(frozen=True)
class Packages:
    """What a job may import but its own files."""

    is_spark: bool
    additional_modules: tuple[str, ...]


@dataclass
class _Member:
    """The fork server of some packages, what it is to import, and what is not fit for it."""

    environment: dict[str, str]
    installed: tuple[int, ...]
    server: ForkServer | None = None
    # In the order of their first import.
    names: dict[str, None] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    unfit: set[str] = field(default_factory=set)
    is_importing: bool = False
    failures: int = 0
    uses: int = 0

    @property
    def has_server(self) -> bool:
        return self.server is not None and self.server.is_alive

    def end(self) -> None:
        if self.server:
            self.server.end()


# The one that was used last is the last.
_members: dict[Packages, _Member] = {}
_changed = threading.Condition()


def take(packages: Packages) -> ForkServer | None:
    """The fork server for a run, if there is one; what is being imported into it is awaited."""
    with _changed:
        member = _members.get(packages)
        if member is None:
            return None
        if member.installed != _installed():
            _forget(packages, member)
            return None
        _changed.wait_for(lambda: not member.is_importing, IMPORTING_SECONDS)
        if member.is_importing or not member.has_server:
            return None
        _use(packages, member)
        return member.server


def learn(packages: Packages, modules: tuple[str, ...], environment: dict[str, str]) -> None:
    """Have the next runs find these modules, which a run that ended well has imported; it happens in the background.

    `environment`: of the fork server, which gets to see no run's own.
    """
    with _changed:
        member = _members.setdefault(packages, _Member(environment, _installed()))
        names = {name: None for name in modules if _package(name) not in member.unfit}
        member.names |= names
        _use(packages, member)
        is_imported = member.has_server and names.keys() <= member.imported
        if is_imported or member.is_importing or member.failures == MOST_FAILURES:
            return
        member.is_importing = True
    threading.Thread(target=_import, args=(packages, member), name="fork-server-imports", daemon=True).start()


def _import(packages: Packages, member: _Member) -> None:
    try:
        while names := _missing(member):
            unfit = member.server.import_modules(names)
            if unfit:
                logger.info("Jobs import %s by themselves: its import does more than that", unfit)
                member.end()
                with _changed:
                    member.unfit.add(_package(unfit))
                    member.names = {name: None for name in member.names if _package(name) not in member.unfit}
    except OSError as error:
        logger.warning("Jobs import their modules by themselves: %s", error)
        member.failures += 1
        member.end()
    finally:
        with _changed:
            member.is_importing = False
            if _members.get(packages) is not member:
                member.end()
            _changed.notify_all()


def _missing(member: _Member) -> list[str]:
    """What the fork server, which is started if there is none, has not been told to import."""
    with _changed:
        if not member.has_server and member.names:
            member.server = ForkServer(member.environment, endpoint_settings().work_directory)
            member.imported.clear()
        names = [name for name in member.names if name not in member.imported]
        member.imported.update(names)
        return names


def _package(name: str) -> str:
    return name.partition(".")[0]


def _use(packages: Packages, member: _Member) -> None:
    _members[packages] = _members.pop(packages)
    while len(_members) > MOST_SERVERS:
        oldest = next(iter(_members))
        _forget(oldest, _members[oldest])
    member.uses += 1
    uses = member.uses

    def expire() -> None:
        with _changed:
            if _members.get(packages) is member and member.uses == uses:
                _forget(packages, member)

    timer = threading.Timer(endpoint_settings().engine_idle_seconds, expire)
    timer.daemon = True
    timer.start()


def _forget(packages: Packages, member: _Member) -> None:
    del _members[packages]
    member.end()


def _installed() -> tuple[int, ...]:
    """Changes with every package that is installed or removed."""
    folders = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    return tuple(Path(folder).stat().st_mtime_ns for folder in sorted(folders))
