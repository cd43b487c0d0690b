"""
# Maintenance of the Iceberg tables

Keeps the tables of the lake small and quick to read, by Iceberg's own procedures: the Glue job
`maintain-lakehouse-tables`, once for each dataset.

1. Tags of published versions past the retention (`LAKEHOUSE_VERSION_RETENTION_DAYS`) are dropped, never those of the
   published version and of the one before it. Branches of runs go a day after their publication; those that were not
   published, after the retention.
2. Many small files become few, in the table's order. A table on which a run's branch waits to be published is left out
   until next time: publishing is refused when the published version has moved.
3. Snapshots expire that no tag and no branch names, and that were not the published version within the last day: no
   query and no run takes longer.
4. Files that no snapshot names are removed after three days: a job that was killed has left them.
5. The document of a run and the results of its audit go past the retention, when none of its tables has a tag, a branch
   or a snapshot of the run any more.

6. What each zone holds (landing, claimed, processed, quarantine, analytics; raw and its archive) goes to CloudWatch as
   `StorageBytes` and `StorageObjects`.

The task of a dataset holds the dataset's pool, as the jobs do that write branches and the tasks that publish them, so
it waits until they are done, and they wait for it. Any run may be repeated or cleared: it does what there is to do at
that moment, and what is compact stays as it is.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable
from lakehouse.defaults import dag_default_args
from lakehouse.maintenance import maintain, measure_storage
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag

from lakehouse_contract.datasets import DATASETS

settings = lakehouse_settings()

with DAG(
    dag_id="lakehouse_maintenance",
    description="Expires and compacts what the Iceberg tables no longer need",
    doc_md=__doc__,
    # 03:00 UTC: a run of the warehouse that began at 05:00 has ended by 17:00, and the next one is two hours away.
    schedule=CronTriggerTimetable("0 3 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=dag_default_args(settings),
    tags=[Tag.FINANCIAL, Tag.OPERATIONS],
) as dag:
    for dataset in DATASETS:
        maintain(dataset, settings)
    measure_storage(settings)
