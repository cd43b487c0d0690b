"""The tasks that bring Redshift up to published tables, and ask it."""

from collections.abc import Sequence
from datetime import timedelta

from lakehouse_aws.redshift.load import RedshiftLoadOperator
from lakehouse_aws.redshift.questions import RedshiftQuestionsOperator

from lakehouse.settings import GLUE_DATABASE, REDSHIFT_DATABASE, LakehouseSettings

VERSIONS = "sql/redshift/table_versions"
REPLACE_CHANGED_PARTITIONS = "sql/redshift/replace_changed_partitions.sql"


def load_into_redshift(
    task_id: str,
    tables: Sequence[str],
    settings: LakehouseSettings,
    *,
    preparation: Sequence[str] = (),
    scripts: Sequence[str] = (),
    skips_without_changes: bool = False,
) -> RedshiftLoadOperator:
    """Load what changed of the tables and write their versions in one transaction; skipped without a workgroup.

    `preparation` and `scripts` are given where Redshift's tables are not those of the lake, or more is to be run.
    """
    return RedshiftLoadOperator(
        task_id=task_id,
        tables=tables,
        preparation=list(preparation) or preparation_of(tables),
        scripts=list(scripts) or transaction(),
        bucket=settings.lake_bucket,
        glue_database=GLUE_DATABASE,
        database=REDSHIFT_DATABASE,
        workgroup_name=settings.redshift_workgroup,
        skips_without_changes=skips_without_changes,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=2),
    )


def ask_redshift(questions: Sequence[str], settings: LakehouseSettings) -> RedshiftQuestionsOperator:
    """A task that shows Redshift's answers to .sql files in its log; skipped without a workgroup."""
    return RedshiftQuestionsOperator(
        task_id="ask",
        scripts=list(questions),
        database=REDSHIFT_DATABASE,
        workgroup_name=settings.redshift_workgroup,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(minutes=30),
    )


def preparation_of(redshift_tables: Sequence[str]) -> list[str]:
    """The .sql files that create Redshift's tables and select which versions it holds."""
    return [
        "sql/redshift/create_schema.sql",
        *(f"sql/redshift/{table}/create_table.sql" for table in redshift_tables),
        f"{VERSIONS}/create_table.sql",
        f"{VERSIONS}/select.sql",
    ]


def transaction(loads: Sequence[str] = (REPLACE_CHANGED_PARTITIONS,), then: Sequence[str] = ()) -> list[str]:
    """The .sql files of a load: by default for tables that are in Redshift as they are in the lake."""
    return [f"{VERSIONS}/expect_held.sql", *loads, f"{VERSIONS}/write.sql", *then]
