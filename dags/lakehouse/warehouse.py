"""The way of a day's raw files to the published star schema and its readers, in the daily pipeline and in a replay."""

from datetime import timedelta

from airflow.sdk import XComArg, chain
from lakehouse_aws.glue.script import GlueScriptOperator
from lakehouse_aws.iceberg.operators import PublishRunOperator
from lakehouse_aws.pools import STAR_SCHEMA_POOL
from lakehouse_aws.quality.gate import QualityGateOperator

from lakehouse.assets import analytics_assets
from lakehouse.serving import serve
from lakehouse.settings import GLUE_DATABASE, LakehouseSettings
from lakehouse.tables import DIMENSIONS, FACTS


def build_and_serve(raw_manifest: XComArg, raw_counts: XComArg, settings: LakehouseSettings) -> None:
    """Transform, audit and publish what an archive holds, then serve and reconcile it.

    :param raw_manifest: key of the archive's manifest
    :param raw_counts: rows by source and hop of the archived extraction
    """
    transform = GlueScriptOperator(
        task_id="transform",
        job_name="transform-to-star-schema",
        script_args={"--run_id": "{{ run_id }}", "--raw_manifest": raw_manifest},
        pool=STAR_SCHEMA_POOL,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=2),
    )
    run = transform.output

    audit = GlueScriptOperator(
        task_id="audit",
        job_name="audit-star-schema",
        script_args={"--run": run},
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=1),
    )

    quality_gate = QualityGateOperator(
        task_id="quality_gate",
        bucket=settings.lake_bucket,
        run=run,
        data_docs_base_url=settings.data_docs_base_url,
    )

    publish = PublishRunOperator(
        task_id="publish",
        run=run,
        bucket=settings.lake_bucket,
        database=GLUE_DATABASE,
        dimensions=DIMENSIONS,
        facts=FACTS,
        pool=STAR_SCHEMA_POOL,
        outlets=analytics_assets(settings),
    )

    chain(transform, audit, quality_gate, publish)
    serve(publish.output, settings, raw_counts)
