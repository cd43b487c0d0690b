"""What maintenance takes for needed: on histories that are written down, without a table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lakehouse_glue.maintenance.retention import (
    Snapshot,
    TableHistory,
    expired_references,
    expired_snapshots,
    unpublished_branch,
)

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
RETENTION = timedelta(days=14)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def daily_runs(*ages: int) -> TableHistory:
    """A table that a run published at each of these days ago, the oldest first; a run commits two snapshots."""
    snapshots, replaced_at, tags, main = {}, {}, {}, None
    for age in sorted(ages, reverse=True):
        run, first, second = f"jr_{age}", 10 * age + 1, 10 * age + 2
        snapshots[first] = Snapshot(first, main, days_ago(age), run, main)
        snapshots[second] = Snapshot(second, first, days_ago(age), run, main)
        if main:
            replaced_at[main] = days_ago(age)
        main, tags[f"published_{run}"] = second, second
    replaced_at[main] = None
    published = {f"published_jr_{age}" for age in sorted(ages)[:2]}
    return TableHistory(main, tags, {}, snapshots, replaced_at, published)


def age_of(name: str) -> timedelta:
    return timedelta(days=int(name.rpartition("_")[2]))


def without(versions: TableHistory, names: list[str]) -> TableHistory:
    return replace(
        versions,
        tags={name: head for name, head in versions.tags.items() if name not in names},
        branches={name: head for name, head in versions.branches.items() if name not in names},
    )


def test_published_versions_are_kept_for_the_retention():
    versions = daily_runs(1, 2, 14, 15, 16)
    assert expired_references(versions, age_of, RETENTION) == ["published_jr_15", "published_jr_16"]


def test_the_published_version_and_the_one_before_it_stay_however_old_they_are():
    versions = daily_runs(100, 200, 300)
    assert expired_references(versions, age_of, RETENTION) == ["published_jr_300"]


def test_a_version_that_a_rollback_has_published_stays():
    versions = replace(daily_runs(1, 2, 30), published={"published_jr_30", "published_jr_1"})
    assert expired_references(versions, age_of, RETENTION) == []


def test_a_branch_goes_a_day_after_its_publication_and_else_after_the_retention():
    heads = {"run_jr_1": 12, "run_jr_2": 22, "run_jr_13": 12, "run_jr_15": 12}
    versions = replace(daily_runs(1, 2), branches=heads)
    assert expired_references(versions, age_of, RETENTION) == ["run_jr_15", "run_jr_2"]


def test_what_people_have_named_themselves_stays():
    versions = daily_runs(1, 30)
    versions = replace(
        versions, tags=versions.tags | {"audit-2025": 302}, branches={"experiment": 302, "run_with.dots": 302}
    )
    assert expired_references(versions, lambda _: timedelta(days=400), RETENTION) == []


def test_snapshots_between_and_before_published_versions_expire():
    versions = daily_runs(2, 3, 20)
    versions = without(versions, ["published_jr_20"])
    assert expired_snapshots(versions, NOW) == [21, 31, 201, 202]


def test_a_snapshot_that_was_main_until_a_moment_ago_stays_however_old_it_is():
    """A compaction of weeks ago has no tag; a query may have begun on it just before the next publication."""
    versions = daily_runs(20, 21)
    compacted = Snapshot(7, 202, days_ago(19))
    published = Snapshot(8, 7, days_ago(0.5), "jr_0", 7)
    versions = replace(
        versions,
        main=8,
        snapshots=versions.snapshots | {7: compacted, 8: published},
        replaced_at={202: days_ago(19), 7: NOW - timedelta(minutes=5), 8: None},
    )
    next_day = replace(
        versions,
        main=9,
        tags={**versions.tags, "published_jr_1": 9},
        snapshots={**versions.snapshots, 9: Snapshot(9, 8, NOW, "jr_1", 8)},
        replaced_at={**versions.replaced_at, 8: NOW, 9: None},
    )
    assert 7 not in expired_snapshots(next_day, NOW)
    assert 7 in expired_snapshots(next_day, NOW + timedelta(days=1))


def test_a_compaction_that_a_version_was_built_on_stays_with_it_because_it_leads_to_the_version_before():
    versions = daily_runs(20, 21)
    snapshots = {7: Snapshot(7, 202, days_ago(19)), 8: Snapshot(8, 7, days_ago(18), "jr_18", 7)}
    versions = replace(
        versions,
        main=8,
        tags={**versions.tags, "published_jr_18": 8},
        snapshots={**versions.snapshots, **snapshots},
        replaced_at={202: days_ago(19), 7: days_ago(18), 8: None},
    )
    assert 7 not in expired_snapshots(versions, NOW)


def test_what_a_query_or_a_run_of_today_has_written_stays():
    versions = daily_runs(2)
    versions = replace(versions, snapshots=versions.snapshots | {5: Snapshot(5, 22, days_ago(0.9), "jr_failed", 22)})
    assert 5 not in expired_snapshots(versions, NOW)
    assert 5 in expired_snapshots(versions, NOW + timedelta(days=1))


def test_what_main_and_a_tag_were_built_on_stays_for_a_rollback_to_go_over():
    """After a rollback to the version of day 20, day 9's run was built on it; its tag has expired since."""
    versions = daily_runs(10, 20)
    later = {91: Snapshot(91, 202, days_ago(9), "jr_9", 202)}
    versions = replace(
        versions,
        main=91,
        tags={"published_jr_10": 102, "published_jr_9": 91},
        snapshots=versions.snapshots | later,
        replaced_at={202: days_ago(9), 102: days_ago(9.5), 91: None},
    )
    assert expired_snapshots(versions, NOW) == [101, 201]


def test_the_base_of_a_run_leads_over_a_snapshot_that_has_expired():
    versions = daily_runs(2, 3)
    known = {snapshot_id: found for snapshot_id, found in versions.snapshots.items() if snapshot_id != 21}
    assert list(replace(versions, snapshots=known).ancestors(22)) == [22, 32, 31]


@pytest.mark.parametrize(
    ("branches", "expected"),
    [
        ({}, None),
        ({"run_jr_1": 12}, None),
        ({"run_jr_now": 5}, "run_jr_now"),
        ({"run_jr_unchanged": 12}, "run_jr_unchanged"),
        ({"run_jr_late": 6}, None),
        ({"experiment": 12, "run_with.dots": 12}, None),
    ],
    ids=["none", "published", "written at main", "main itself", "began at an older main", "a person's"],
)
def test_a_branch_that_began_at_main_and_may_be_published_is_in_use(branches, expected):
    versions = daily_runs(1, 2)
    more = {5: Snapshot(5, 12, days_ago(0), "jr_now", 12), 6: Snapshot(6, 22, days_ago(0), "jr_late", 22)}
    versions = replace(versions, branches=branches, snapshots=versions.snapshots | more)
    assert unpublished_branch(versions) == expected


def test_a_first_run_that_is_not_published_yet_is_in_use():
    snapshots = {1: Snapshot(1, None, days_ago(0), "jr_1", None)}
    versions = TableHistory(None, {}, {"run_jr_1": 1}, snapshots, {}, set())
    assert unpublished_branch(versions) == "run_jr_1"
    assert expired_snapshots(versions, NOW) == []


def test_what_was_committed_by_hand_since_the_publication_stays_because_it_leads_to_the_tag():
    versions = daily_runs(20, 21)
    edits = ((901, versions.main), (902, 901), (903, 902))
    by_hand = {number: Snapshot(number, parent, days_ago(19)) for number, parent in edits}
    ended = dict.fromkeys([versions.main, 901, 902], days_ago(19))
    replaced_at = {**versions.replaced_at, **ended, 903: None}
    edited = replace(versions, main=903, snapshots={**versions.snapshots, **by_hand}, replaced_at=replaced_at)
    assert not set(expired_snapshots(edited, NOW)) & {901, 902, 903, 202}
