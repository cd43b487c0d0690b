"""Imported at their start by the scheduler and the DAG processor: what the DAG files and their tasks import, once.

The tasks of the LocalExecutor are forks of the scheduler, and each DAG file is parsed, every minute and when it has
changed, in a fork of the DAG processor. With these modules in its memory a fork does its work in a fraction of the
processor time that importing them anew takes.
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
    "pyiceberg.catalog.glue",
    "pyiceberg.io.pyarrow",
):
    import_module(module)
