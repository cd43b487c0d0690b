"""Publishing what a run has written to its branches, and going back to what was published before.

One publisher works at a time; the DAGs see to that with a pool of one slot. Where that fails (a paused task that wakes
up, a worker that was taken for dead) each commit still demands that its table is as the publisher found it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException

from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.catalog import IcebergHook
from lakehouse_contract.branches import PUBLISHED_PREFIX, published_tag, run_of
from lakehouse_contract.quality import critical_failures, quality_results_key
from lakehouse_contract.runs import RunDocument, run_document_key

if TYPE_CHECKING:
    from lakehouse_aws.iceberg.versions import TableVersions

# Published versions that stay, if the retention lets them stay so long.
MOST_VERSIONS = 100
FORGOTTEN_AT_ONCE = 50
# The most that Athena lets a query run: https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
LONGEST_READ = timedelta(hours=4)


class PublicationHook(IcebergHook):
    """The runs of a lake's bucket, and what is published of them in the Iceberg tables of a Glue database."""

    def __init__(self, *args: Any, bucket: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bucket = bucket

    def run_document(self, run: str) -> RunDocument:
        """What the run's job has written; raises LakeError for an id that cannot be one and for a job not completed."""
        try:
            key = run_document_key(run)
        except ValueError as error:
            raise LakeError(str(error)) from None
        return self.lake.read_json(self.bucket, key)

    def check_audited(self, run: str) -> None:
        """Raise LakeError unless the run's audit has been made and has found no critical failure."""
        self.run_document(run)
        key = quality_results_key(run)
        if not self.lake.check_for_key(key, self.bucket):
            raise LakeError(f"Run {run} is not published: it was not audited. Clear the tasks from audit on.")
        failed = critical_failures(self.lake.read_json(self.bucket, key))
        if failed:
            raise LakeError(f"Run {run} is not published: {len(failed)} critical expectations of its audit failed.")

    def versions(self, table: str) -> "TableVersions":
        """The table's versions at this moment; raises LakeError without such a table."""
        from lakehouse_aws.iceberg.versions import TableVersions

        return TableVersions(self.table(table))

    def is_published(self, run: str, tables: Sequence[str]) -> bool:
        """Whether the run was published in every table, be it that other runs were since."""
        tag = published_tag(run)
        return all(tag in self.versions(table).tags for table in tables)

    def publish(self, run: str, tables: Sequence[str]) -> RunDocument:
        """Move main of every table, in their order, to what the run wrote, each in one commit that tags it, too.

        A run is published once: what is done of it is not done again, the rest is. Raises LakeError, saying what is
        published, when any table's main is not what the run's branch began at, or the run's files were claimed again;
        unless another publication comes between the tables, none has moved then.

        :param tables: every table of the run; those whose rows others refer to come first
        """
        from lakehouse_aws.iceberg.versions import MovedOnError

        document = self.run_document(run)
        tag = published_tag(run)
        written = document["tables"]
        if set(tables) != set(written):
            raise LakeError(
                f"Run {run} wrote {', '.join(written)}, to be published are {', '.join(tables)}: what belongs to the "
                "dataset has changed since. Start a new run."
            )
        found = [self.versions(table) for table in tables]
        for versions in found:
            _check_publishable(versions, document)
        for versions in found:
            if versions.is_at(tag):
                continue
            try:
                versions.move_main(written[versions.name]["snapshot_id"], tag, creates_tag=True)
            except MovedOnError:
                reloaded = versions.reload()
                if not reloaded.is_at(tag):
                    _check_publishable(reloaded, document)
                    raise _refusal(reloaded, run) from None
            self.log.info("%s: %s is published", versions.name, tag)
        return document

    def complete_broken_publication(self, tables: Sequence[str]) -> None:
        """Publish in all tables what is published in the first one, where a publication was given up between them.

        Else what that run alone has, such as the rows that it rejected, would never be published. Raises LakeError
        where it cannot be completed any more.

        :param tables: as for `publish`
        """
        from lakehouse_aws.iceberg.versions import TableVersions

        found = [TableVersions(table) for name in tables if (table := self.find_table(name))]
        tag = found[0].published if len(found) == len(tables) else None
        if tag and not all(versions.is_at(tag) for versions in found):
            self.publish(run_of(tag), tables)
            self.log.warning("The publication of %s, which was given up between two tables, is completed", tag)

    def published_rows(self, tag: str, tables: Sequence[str]) -> dict[str, int]:
        """Rows by table, as Iceberg counts them; raises LakeError unless every table is at the tag."""
        found = [self.versions(table) for table in tables]
        for versions in found:
            if not versions.is_at(tag):
                raise LakeError(
                    f"{versions.name} is at {versions.published or 'nothing'}, no longer at {tag}: what is asked of "
                    f"the published tables today says nothing of {tag}. Roll back to it, or leave its run as it is."
                )
        return {versions.name: versions.rows for versions in found}

    def forget_superseded(self, tables: Sequence[str], always_written: str) -> None:
        """Drop the tags of all but the last publications, and their snapshots, when enough of them have come together.

        Each commit writes all of a table's metadata, which would grow with every run until the night's maintenance. The
        files of the snapshots are left to maintenance.

        :param always_written: one of the tables, which every run writes to, so that its tags are in the order of
            publication
        """
        superseded = self.versions(always_written).superseded_tags(MOST_VERSIONS, datetime.now(UTC) - LONGEST_READ)
        if len(superseded) < FORGOTTEN_AT_ONCE:
            return
        found = [self.versions(table) for table in tables]
        needed = {tag for versions in found for tag in (versions.published, versions.published_before)}
        forgotten = [tag for tag in superseded if tag not in needed]
        for versions in found:
            versions.forget(forgotten)
        self.log.info("%s published versions up to %s are forgotten", len(forgotten), superseded[-1])

    def rollback_target(self, tag: str, tables: Sequence[str]) -> str:
        """The tag asked for, or with "" that of the version published before the present one.

        Raises LakeError unless every table has it that the version has: a branch that was not published has passed no
        audit.
        """
        found = self._existing(tables)
        target = tag or next(filter(None, (versions.published_before for versions in found.values())), None)
        if not target:
            raise LakeError(f"{self.database} has had no other version published yet: name the tag to go back to.")
        if not target.startswith(PUBLISHED_PREFIX):
            raise LakeError(f"{target} is not the tag of a published version: that is {PUBLISHED_PREFIX}<run>.")
        without = [table for table in tables if table not in found or target not in found[table].tags]
        missing = without if len(without) == len(tables) else self._written_by(target, without)
        if missing:
            known = set.intersection(*(set(versions.tags) for versions in found.values()))
            raise LakeError(
                f"{target} was never published, or has expired, in {', '.join(missing)}. "
                f"Published in all tables: {', '.join(sorted(known)) or 'nothing'}."
            )
        return target

    def _existing(self, tables: Sequence[str]) -> dict[str, "TableVersions"]:
        """By table; without those that no run has made yet. Raises LakeError when none is there."""
        found = {}
        for table in tables:
            try:
                found[table] = self.versions(table)
            except LakeError as error:
                missing = error
        if not found:
            raise missing
        return found

    def _written_by(self, tag: str, tables: Sequence[str]) -> list[str]:
        """Those of the tables that the tag's run has written; all of them where its document does not tell."""
        run = run_of(tag)
        if not tables or not self.lake.check_for_key(run_document_key(run), self.bucket):
            return list(tables)
        written = self.run_document(run)["tables"]
        return [table for table in tables if table in written]

    def rollback(self, tag: str, dimensions: Sequence[str], facts: Sequence[str]) -> None:
        """Move main of every table to a published version; a table that did not exist then is emptied.

        Between two versions dimensions only gain rows. So the facts go back first, to what both versions were built
        on; then the dimensions may go, and then the facts to their place: at no moment has a fact no dimension row.

        Raises AirflowException, which a retry mends, when another publication comes between.
        """
        from lakehouse_aws.iceberg.versions import MovedOnError

        # Read before the first one moves: a rollback that sleeps in between finds what others did when it commits.
        found = self._existing([*dimensions, *facts])
        self.rollback_target(tag, [*dimensions, *facts])
        try:
            for table in filter(found.__contains__, facts):
                ancestor = found[table].common_ancestor(found[table].tags.get(tag))
                found[table] = self._move_back(found[table], ancestor, tag)
            for versions in found.values():
                self._move_back(versions, versions.tags.get(tag), tag)
        except MovedOnError as error:
            raise AirflowException(f"While {tag} was being published again, another run moved {error}.") from None

    def _move_back(self, versions: "TableVersions", snapshot_id: int | None, tag: str) -> "TableVersions":
        from lakehouse_aws.iceberg.versions import MovedOnError

        if versions.main == snapshot_id and versions.published == tag:
            return versions
        moment = versions.move_main(snapshot_id, tag, creates_tag=False)
        self.log.info("%s: main is at snapshot %s, for %s", versions.name, snapshot_id or "none", tag)
        moved = versions.reload()
        if moved.published_at != moment:
            raise MovedOnError(versions.name)
        return moved


def _check_publishable(versions: "TableVersions", document: RunDocument) -> None:
    """Raise LakeError unless the run is published in the table already, or began at what is published there."""
    run, entry = document["run"], document["tables"][versions.name]
    tag = published_tag(run)
    if versions.published == tag:
        return
    if tag in versions.tags or versions.main != entry["base_snapshot_id"]:
        raise _refusal(versions, run)
    if versions.claimed_at not in {None, document.get("claimed_at")}:
        raise LakeError(f"Run {run} is not published: its files were claimed again since, and are a later run's.")
    base = entry["base_snapshot_id"]
    if base is not None and base not in versions.ancestors(entry["snapshot_id"]):
        raise LakeError(f"Run {run} is not published: its branch of {versions.name} was not built on main.")
    if not versions.has_snapshot(entry["snapshot_id"]):
        raise LakeError(f"Run {run} is not published: what it wrote to {versions.name} has expired. Run its job again.")


def _refusal(versions: "TableVersions", run: str) -> LakeError:
    current = versions.published or "nothing"
    if published_tag(run) in versions.tags:
        return LakeError(
            f"Run {run} was published before; {current} is published since. "
            f"Roll back to {published_tag(run)} to have it again."
        )
    return LakeError(
        f"Run {run} is not published: {versions.name} has changed since the run began, {current} is published now. "
        "What the run wrote would undo that: start a new run."
    )
