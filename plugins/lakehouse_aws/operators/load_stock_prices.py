"""Brings Redshift up to the latest commit of the table `stock_prices`."""

from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException
from typing_extensions import override

from lakehouse_aws.hooks.redshift_stocks import RedshiftStocksHook
from lakehouse_aws.redshift.script import RedshiftScriptOperator


class LoadStockPricesOperator(RedshiftScriptOperator):
    """Load every month that Redshift does not have as the latest commit has it, in one transaction with the commit's
    number. Skipped when Redshift has all, or there is no workgroup.

    What is missing is found when the task runs, so that a task that is cleared later never brings back old months. The
    scripts are rendered with `stock_prices`: the commit's number as `commit`, and as `manifest` the S3 URL of what to
    COPY, None when that is nothing.

    :param scripts: .sql files
    :param version_query: .sql file that selects the number of the commit that Redshift holds
    :param bucket: the lake's bucket
    :param glue_database: database of the catalog
    """

    template_fields = aws_template_fields("bucket", "glue_database", "database", "workgroup_name")

    def __init__(
        self, *, scripts: list[str], version_query: str, bucket: str, glue_database: str, **kwargs: Any
    ) -> None:
        super().__init__(scripts=scripts, **kwargs)
        self.scripts = scripts
        self.version_query = version_query
        self.bucket = bucket
        self.glue_database = glue_database

    @cached_property
    def table(self) -> RedshiftStocksHook:
        return RedshiftStocksHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
            bucket=self.bucket,
            database=self.glue_database,
        )

    @override
    def execute(self, context: Context) -> list[str]:
        if not self.workgroup_name:
            return super().execute(context)
        latest = self.table.latest()
        loaded = self._loaded_commit(context)
        if latest is None or latest["commit"] == loaded:
            raise AirflowSkipException(f"Redshift holds commit {loaded} of stock_prices, which is the latest.")
        manifest = self.table.write_manifest(latest, loaded)
        self.log.info("Redshift holds commit %s of stock_prices, the latest is %s", loaded, latest["commit"])
        values = {**context, "stock_prices": {"commit": latest["commit"], "manifest": manifest}}
        self.sql = [self.render_template(script, values) for script in self.scripts]
        return super().execute(context)

    def _loaded_commit(self, context: Context) -> int:
        """0 when Redshift holds none."""
        query = self.hook.execute_query(
            self.render_template(self.version_query, context),
            database=self.database,
            workgroup_name=self.workgroup_name,
            poll_interval=self.poll_interval,
        )
        [[field]] = self.hook.conn.get_statement_result(Id=query.statement_id)["Records"]
        return field.get("longValue", 0)
