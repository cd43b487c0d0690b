"""The way of a day's raw files to the published star schema and its readers, in the daily pipeline and in a replay."""

from collections.abc import Mapping
from typing import Any

from airflow.sdk import XComArg

from lakehouse.publishing import write_audit_publish
from lakehouse.serving import serve
from lakehouse.settings import LakehouseSettings
from lakehouse_contract.datasets import STAR_SCHEMA


def build_and_serve(
    raw_manifest: XComArg, raw_counts: XComArg, settings: LakehouseSettings, audit_args: Mapping[str, Any] | None = None
) -> None:
    """Transform, audit and publish what an archive holds, then serve and reconcile it.

    :param raw_manifest: key of the archive's manifest
    :param raw_counts: rows by source and hop of the archived extraction
    :param audit_args: see `write_audit_publish`
    """
    published = write_audit_publish(
        STAR_SCHEMA,
        transform_job="transform-to-star-schema",
        script_args={"--raw_manifest": raw_manifest},
        settings=settings,
        audit_args=audit_args,
    )
    serve(published, settings, raw_counts)
