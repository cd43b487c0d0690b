"""The rollback publishes and loads by the same tasks as the daily pipeline."""

import pytest
from airflow.sdk.exceptions import ParamValidationError


def test_a_rollback_runs_only_when_asked(rollback):
    assert rollback.timetable.can_be_scheduled is False


def test_a_rollback_publishes_loads_and_verifies_as_the_daily_pipeline_does(daily, rollback):
    shared = {task_id for task_id in rollback.task_ids if task_id != "choose_snapshot"}
    assert shared < set(daily.task_ids)
    assert {"publish.publish_snapshot", "load.load_star_schema", "query.verify_star_schema", "reconcile"} <= shared


def test_the_default_snapshot_is_the_previous_one(rollback):
    assert rollback.params["snapshot"] == ""


@pytest.mark.parametrize("snapshot", ["../jr_1", "jr 1", "s3://lake/analytics"])
def test_what_cannot_be_a_snapshot_id_is_refused(rollback, snapshot):
    with pytest.raises((ParamValidationError, ValueError)):
        rollback.params.get_param("snapshot").resolve(snapshot)
