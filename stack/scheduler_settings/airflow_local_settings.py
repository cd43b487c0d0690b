"""Imported by the scheduler at its start: what the DAG files import, once.

The tasks of the LocalExecutor are forks of the scheduler. With these modules in its memory a task starts in a fraction
of the processor time that importing them anew takes.
"""

from importlib import import_module

for module in (
    "airflow.providers.amazon.aws.hooks.dms",
    "airflow.providers.amazon.aws.notifications.sns",
    "airflow.providers.amazon.aws.operators.athena",
    "airflow.providers.amazon.aws.operators.glue",
    "airflow.providers.amazon.aws.operators.glue_crawler",
    "airflow.providers.amazon.aws.operators.redshift_data",
    "boto3",
):
    import_module(module)
