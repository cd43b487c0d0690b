"""
# The reports, anew

Makes the pages of pictures again that the pipelines make at their end: the warehouse's, that of the arriving stock
files, of market data, and of regional sales. `lakehouse report` triggers it.

1. **choose_reports**: the pages of the parameter `pipelines`; the others are skipped.
2. **report_…**: asks Athena the questions of the page, draws the answers, and replaces the page in the bucket of the
   Data Docs, below `reports/`. The page is linked on the task, says of which published version it is, and shows every
   query. Of a pipeline that has published nothing it says that. It changes no table, so it may run at any time.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, task
from lakehouse.defaults import dag_default_args
from lakehouse.reports import report
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag

from lakehouse_contract.reports import PIPELINES

settings = lakehouse_settings()

with DAG(
    dag_id="lakehouse_reports",
    description="Pages of pictures of what the pipelines have published",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=dag_default_args(settings),
    params={
        "pipelines": Param(
            list(PIPELINES),
            type="array",
            items={"type": "string", "enum": list(PIPELINES)},
            examples=list(PIPELINES),
            minItems=1,
            title="Pipelines",
            description="Those whose page is made anew",
        )
    },
    tags=[Tag.FINANCIAL, Tag.OPERATIONS],
) as dag:

    @task.branch
    def choose_reports(*, params: dict[str, list[str]] | None = None) -> list[str]:
        """Ids of the tasks of the pages that were asked for."""
        return [f"report_{pipeline}" for pipeline in params["pipelines"]]

    choose_reports() >> [report(pipeline, settings, task_id=f"report_{pipeline}") for pipeline in PIPELINES]
