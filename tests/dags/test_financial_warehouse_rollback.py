"""The rollback publishes and loads by the same tasks as the daily pipeline."""

import pytest
from airflow.sdk.exceptions import ParamValidationError


def test_a_rollback_runs_only_when_asked(rollback):
    assert rollback.timetable.can_be_scheduled is False


def test_a_rollback_publishes_loads_and_verifies_as_the_daily_pipeline_does(daily, rollback):
    shared = {task_id for task_id in rollback.task_ids if task_id != "choose_version"}
    assert shared < set(daily.task_ids)
    assert {"publish", "load.load_star_schema", "query.verify_star_schema", "reconcile"} <= shared


def test_the_default_is_the_version_before(rollback):
    assert rollback.params["tag"] == ""


@pytest.mark.parametrize("tag", ["../jr_1", "run_jr_1", "published_", "published_jr 1", "main"])
def test_what_cannot_be_the_tag_of_a_publication_is_refused(rollback, tag):
    with pytest.raises((ParamValidationError, ValueError)):
        rollback.params.get_param("tag").resolve(tag)
