"""Brings Redshift up to the published Iceberg tables."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from typing_extensions import override

from lakehouse_aws.iceberg.published import PublishedHook
from lakehouse_aws.polling import SHORT_POLL_SECONDS
from lakehouse_aws.redshift.copy_plan import CopyPlanHook
from lakehouse_aws.redshift.script import RedshiftScriptOperator

# The name of the column by which the script `expect_held` fails.
EXPECTATION = "held_versions_are_expected"


class RedshiftLoadOperator(RedshiftScriptOperator):
    """Load the partitions of several tables that changed since the versions that Redshift holds, in one transaction
    with the new versions; returns the statements' ids.

    What is missing is found when the task runs, so that clearing it at any time brings Redshift to what is published
    then, and never back. The scripts are rendered with `loads`, a TableLoad per table. One of them has to fail, by a
    column named held_versions_are_expected, when Redshift no longer holds what the loads were made for.

    :param tables: the tables of the lake
    :param preparation: .sql files, such as those that create tables, that run first; the last one selects
        `table_name` and `snapshot_id` of what Redshift holds
    :param scripts: .sql files
    :param bucket: the lake's bucket
    :param glue_database: database of the catalog
    :param skips_without_changes: whether to skip when Redshift holds all that is published, or nothing is published
    """

    template_fields = aws_template_fields("bucket", "glue_database", "database", "workgroup_name")

    def __init__(
        self,
        *,
        tables: Sequence[str],
        preparation: list[str],
        scripts: list[str],
        bucket: str,
        glue_database: str,
        skips_without_changes: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(scripts=scripts, **kwargs)
        self.tables = tables
        self.preparation = preparation
        self.scripts = scripts
        self.bucket = bucket
        self.glue_database = glue_database
        self.skips_without_changes = skips_without_changes

    @cached_property
    def plan(self) -> CopyPlanHook:
        return CopyPlanHook(**self._hook_parameters, bucket=self.bucket, database=self.glue_database)

    @cached_property
    def published(self) -> PublishedHook:
        return PublishedHook(**self._hook_parameters, database=self.glue_database)

    @override
    def execute(self, context: Context) -> list[str]:
        if not self.workgroup_name:
            return super().execute(context)
        if self.skips_without_changes and self.published.version(self.tables) is None:
            raise AirflowSkipException(f"Nothing is published yet of {', '.join(self.tables)}.")
        loads = self.plan.plan(self.tables, self._held_versions(context))
        for load in loads.values():
            replaced = "all rows" if load.partitions is None else f"{len(load.partitions)} partitions"
            self.log.info("%s: %s from %s to snapshot %s", load.table, replaced, load.held, load.snapshot_id)
        if self.skips_without_changes and all(load.held == load.snapshot_id for load in loads.values()):
            raise AirflowSkipException("Redshift holds all that is published.")
        values = {**context, "loads": loads}
        self.sql = [self.render_template(script, values) for script in self.scripts]
        return super().execute(context)

    def _held_versions(self, context: Context) -> dict[str, int]:
        scripts = [self.render_template(script, context) for script in self.preparation]
        output = self.hook.execute_query(
            [statement for script in scripts for statement in self.statements(script)],
            database=self.database,
            workgroup_name=self.workgroup_name,
            poll_interval=SHORT_POLL_SECONDS,
        )
        *_, selected = self.get_sql_results(output.statement_id, return_sql_result=False)
        pages = self.hook.conn.get_paginator("get_statement_result").paginate(Id=selected)
        return {
            table["stringValue"]: snapshot_id["longValue"] for page in pages for table, snapshot_id in page["Records"]
        }

    @override
    def _rejection(self, statement_id: str, message: str = "") -> AirflowException:
        batch = self.hook.conn.describe_statement(Id=statement_id)
        failed = [statement for statement in batch.get("SubStatements", []) if statement.get("Error")]
        if any(EXPECTATION in statement.get("QueryString", "") for statement in failed):
            return AirflowException("Another load came before this one, nothing was changed: what is missing now?")
        return super()._rejection(statement_id, message)
