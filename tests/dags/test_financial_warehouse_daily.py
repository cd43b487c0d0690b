"""The order in which the daily pipeline does things, and what it tells others."""

import pytest
from lakehouse.reconciliation.hops import RECONCILED_TABLES


def depends_on(dag, task_id, upstream_task_id):
    return upstream_task_id in dag.get_task(task_id).get_flat_relative_ids(upstream=True)


@pytest.mark.parametrize(
    ("task_id", "upstream_task_id"),
    [
        ("extract.rds_to_s3_full_load", "extract.find_changed_values_before"),
        ("extract.find_changed_values_after", "extract.rds_to_s3_full_load"),
        ("check_raw_tables", "extract.find_changed_values_after"),
        ("check_raw_tables", "extract.rds_to_s3_full_load"),
        ("check_raw_tables", "extract.docdb_to_s3_full_load"),
        ("archive_raw", "check_raw_tables"),
        ("catalog_raw", "check_raw_tables"),
        ("transform", "archive_raw"),
        ("audit", "transform"),
        ("quality_gate", "audit"),
        ("publish", "quality_gate"),
        ("refresh_catalog", "publish"),
        ("query.create_views", "publish"),
        ("query.customer_transaction_totals", "publish"),
        ("query.verify_star_schema", "publish"),
        ("query.fingerprints", "publish"),
        ("load.load_star_schema", "publish"),
        ("reconcile", "query.fingerprints"),
        ("reconcile", "load.load_star_schema"),
    ],
)
def test_a_step_waits_for_what_it_needs(daily, task_id, upstream_task_id):
    assert depends_on(daily, task_id, upstream_task_id)


@pytest.mark.parametrize(
    ("task_id", "other_task_id"),
    [
        ("extract.rds_to_s3_full_load", "extract.docdb_to_s3_full_load"),
        ("extract.find_changed_values_after", "extract.docdb_to_s3_full_load"),
        ("transform", "catalog_raw"),
        ("load.load_star_schema", "query.fingerprints"),
        ("load.load_star_schema", "refresh_catalog"),
    ],
)
def test_steps_that_need_not_wait_for_each_other_run_side_by_side(daily, task_id, other_task_id):
    assert not depends_on(daily, task_id, other_task_id)
    assert not depends_on(daily, other_task_id, task_id)


def test_nothing_waits_for_the_crawler_of_what_is_published(daily):
    assert not daily.get_task("refresh_catalog").downstream_task_ids


def test_what_writes_and_what_publishes_take_the_slot_of_the_star_schema(daily, rollback):
    tasks = [daily.get_task("transform"), daily.get_task("publish"), rollback.get_task("publish")]
    assert [task.pool for task in tasks] == ["star_schema"] * 3


def test_dimensions_are_published_before_facts(daily):
    publish = daily.get_task("publish")
    assert publish.dimensions == ["dim_customers", "dim_accounts", "dim_dates"]
    assert publish.facts == ["fact_transactions", "rejects"]


def test_reconciliation_runs_when_the_load_is_skipped(daily):
    assert daily.get_task("reconcile").trigger_rule == "none_failed"


def test_the_audit_sql_is_rendered_for_every_reconciled_table(daily):
    task = daily.get_task("reconcile")

    rendered = task.render_template(task.templates_dict, {}, daily.get_template_env())

    assert rendered["delete_run"].startswith("DELETE FROM analytics.audit_reconciliation")
    assert all(f":{table}_athena_rows" in rendered["insert_run"] for table in RECONCILED_TABLES)


def test_postgresql_is_asked_for_the_tables_that_the_raw_gate_counts(daily):
    before, after = (daily.get_task(f"extract.find_changed_values_{moment}") for moment in ("before", "after"))
    for task in (before, after):
        task.resolve_template_files()
        assert task.query.rstrip().endswith("ORDER BY table_name")
    assert (
        before.tables == after.tables == {f"public.{name}": name for name in ("customers", "accounts", "transactions")}
    )
    assert [task.key for task in (before, after)] == [
        f"raw/changed_by_dms/{name}.parquet" for name in ("before", "after")
    ]


def test_the_pipeline_runs_daily(daily):
    assert daily.timetable.expression == "0 5 * * *"


def test_raw_and_analytics_data_are_announced_as_assets(daily):
    raw = {asset.uri for asset in daily.get_task("check_raw_tables").outlets}
    analytics = {asset.uri for asset in daily.get_task("publish").outlets}
    assert "s3://raw/raw/rds/public/transactions" in raw
    assert "s3://lake/analytics/fact_transactions" in analytics


def test_raw_files_are_kept_apart_from_what_people_query(daily):
    raw = [daily.get_task(f"extract.find_changed_values_{moment}") for moment in ("before", "after")]
    assert {task.bucket for task in [*raw, daily.get_task("archive_raw")]} == {"raw"}


def test_the_transform_reads_the_archive_of_its_run(daily):
    """So that clearing the transform of an old run reads what that run extracted."""
    manifest = daily.get_task("transform").script_args["--raw_manifest"]
    assert (manifest.operator.task_id, manifest.key) == ("archive_raw", "return_value")
