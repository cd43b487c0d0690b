"""Which version of several tables readers see."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException

from lakehouse_aws.iceberg.catalog import IcebergHook

if TYPE_CHECKING:
    from lakehouse_aws.iceberg.versions import TableVersions


class PublishedHook(IcebergHook):
    """The published versions of Iceberg tables."""

    def version(self, tables: Sequence[str]) -> str | None:
        """The tag of what is published in all tables; None when no run has made or published one of them.

        Raises AirflowException as published_version does.
        """
        from lakehouse_aws.iceberg.versions import TableVersions

        found = [TableVersions(table) for table in map(self.find_table, tables) if table]
        return published_version(self.database, found)


def published_version(database: str, found: Sequence["TableVersions"]) -> str | None:
    """The tag that all tables are at; None when nothing is published in any.

    Raises AirflowException, which a retry mends, when they are at several: a publication or a rollback moves them one
    after the other, facts more than once.
    """
    published = next((versions.published for versions in found), None)
    if published is None and not any(versions.published for versions in found):
        return None
    if published is None or not all(versions.is_at(published) for versions in found):
        raise AirflowException(
            f"{database} is being published: {', '.join(map(_place, found))}. "
            "If no publication runs, one was broken off: clear its task, or publish the next run."
        )
    return published


def _place(versions: "TableVersions") -> str:
    tag = versions.published
    if tag is None:
        return f"{versions.name} is not published"
    return f"{versions.name} is {'at' if versions.is_at(tag) else 'on its way to'} {tag}"
