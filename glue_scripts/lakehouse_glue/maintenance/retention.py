"""Which versions of a table are still needed: by a tag, by a run that is not published yet, by a query that runs."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from lakehouse_contract.branches import PUBLISHED_PREFIX, RUN_PREFIX, published_tag, run_of

# No query and no run takes longer: a run of the warehouse has twelve hours, a query of Athena half an hour.
LONGEST_USE = timedelta(days=1)


@dataclass(frozen=True)
class Snapshot:
    """A snapshot, the run that committed it, if one did, and what main was when that run's branch began."""

    snapshot_id: int
    parent_id: int | None
    committed_at: datetime
    run: str | None = None
    base_id: int | None = None


@dataclass(frozen=True)
class TableHistory:
    """A table's references and snapshots.

    `replaced_at`: when a snapshot that was main ceased to be it; None for the present main. `published`: the tags of
    the version that is published and of the one before it.
    """

    main: int | None
    tags: Mapping[str, int]
    branches: Mapping[str, int]
    snapshots: Mapping[int, Snapshot]
    replaced_at: Mapping[int, datetime | None]
    published: Set[str]

    def ancestors(self, snapshot_id: int | None) -> Iterator[int]:
        """The snapshot and those that it was built on; where one between has expired, the base of its run tells."""
        seen: set[int] = set()
        while snapshot_id in self.snapshots and snapshot_id not in seen:
            seen.add(snapshot_id)
            yield snapshot_id
            snapshot = self.snapshots[snapshot_id]
            is_known = snapshot.parent_id in self.snapshots
            snapshot_id = snapshot.parent_id if is_known else snapshot.base_id

    def written_at(self, reference: str) -> datetime | None:
        """When the run of a branch or tag wrote its last snapshot of the table; None when it wrote none of its own."""
        run = run_of(reference)
        return max((found.committed_at for found in self.snapshots.values() if found.run == run), default=None)


def expired_references(versions: TableHistory, age_of: Callable[[str], timedelta], retention: timedelta) -> list[str]:
    """The tags and branches that may go, in the order of their names. Those that no run has made stay.

    A tag is needed for the retention, and as long as it is the published version or the one before it. A branch that
    was published is there for what its tag holds, too; another one may be looked into for the retention.
    """

    def is_expired(name: str) -> bool:
        age = age_of(name)
        if name in versions.tags:
            return name not in versions.published and age > retention
        return age > (LONGEST_USE if published_tag(run_of(name)) in versions.tags else retention)

    made_by_runs = [name for name in versions.tags if _is_of_run(name, PUBLISHED_PREFIX)]
    made_by_runs += [name for name in versions.branches if _is_of_run(name, RUN_PREFIX)]
    return sorted(filter(is_expired, made_by_runs))


def _is_of_run(name: str, prefix: str) -> bool:
    try:
        return name.startswith(prefix) and bool(run_of(name))
    except ValueError:
        return False


def runs_of(versions: TableHistory) -> set[str]:
    """The runs of which a tag, a branch or a snapshot is there."""
    named = {run_of(name) for name in versions.tags if _is_of_run(name, PUBLISHED_PREFIX)}
    named |= {run_of(name) for name in versions.branches if _is_of_run(name, RUN_PREFIX)}
    return named | {snapshot.run for snapshot in versions.snapshots.values() if snapshot.run}


def expired_snapshots(versions: TableHistory, now: datetime) -> list[int]:
    """The snapshots that nothing needs.

    Needed are what a reference names; what was written or was main within the longest use; what main and a tag
    were both built on, over which a rollback goes; and what leads from main to the version that was published last,
    which tells that its publication is done.
    """
    referenced = {versions.main, *versions.tags.values(), *versions.branches.values()}
    of_main = set(versions.ancestors(versions.main))
    shared = {
        next((ancestor for ancestor in versions.ancestors(tagged) if ancestor in of_main), None)
        for tagged in versions.tags.values()
    }
    needed = referenced | shared | set(_since_publication(versions))
    needed |= {found for head in referenced for found in _before_run(versions, head)}
    return sorted(
        snapshot.snapshot_id
        for snapshot in versions.snapshots.values()
        if snapshot.snapshot_id not in needed and _last_used(versions, snapshot) < now - LONGEST_USE
    )


def _before_run(versions: TableHistory, head: int | None) -> Iterator[int]:
    """The snapshots that no run made between a version and the one of another run that it was built on.

    Without them nothing says that the one was built on the other: what a run commits names what it began at.
    """
    for snapshot_id in versions.ancestors(head):
        snapshot = versions.snapshots[snapshot_id]
        if snapshot.run is None:
            yield snapshot_id
        elif snapshot.run != versions.snapshots[head].run:
            return


def _since_publication(versions: TableHistory) -> list[int]:
    """Main and the snapshots below it, down to the newest that a tag names; none when a tag names none of them."""
    chain = list(versions.ancestors(versions.main))
    tagged = set(versions.tags.values())
    newest = next((place for place, snapshot_id in enumerate(chain) if snapshot_id in tagged), -1)
    return chain[: newest + 1]


def _last_used(versions: TableHistory, snapshot: Snapshot) -> datetime:
    return max(snapshot.committed_at, versions.replaced_at.get(snapshot.snapshot_id) or snapshot.committed_at)


def unpublished_branch(versions: TableHistory) -> str | None:
    """A run's branch that began at the present main and may yet be published, which is refused when main moves."""
    for name, head in sorted(versions.branches.items()):
        if not _is_of_run(name, RUN_PREFIX) or published_tag(run_of(name)) in versions.tags:
            continue
        snapshot = versions.snapshots[head]
        base = snapshot.base_id if snapshot.run == run_of(name) else head
        if base == versions.main:
            return name
    return None
