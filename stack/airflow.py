"""Airflow on one machine: the four processes and the settings that a laptop needs."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import httpx

from stack.acting import environment_of_role
from stack.cloudformation import Outputs
from stack.credentials import Credentials
from stack.errors import StackError
from stack.files import last_lines
from stack.settings import REPOSITORY, StackSettings
from stack.supervision import Program
from stack.waiting import ask

METADATA_DATABASE = "airflow"

_AIRFLOW = str(Path(sys.executable).parent / "airflow")
_FORKING_SETTINGS = REPOSITORY / "stack" / "forking_settings"
# A DAG file that changes is parsed within a second or two, whatever the interval, which is for what the files import.
_LATENCY_SETTINGS = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "15",
}
_SMALL_MACHINE_SETTINGS = {
    "AIRFLOW__CORE__PARALLELISM": "8",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "5",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
}
# A worker tells every 5 s that its task lives. The scheduler fails the try of one that it has not heard of for a minute
# (300 s by default), and looks each minute for tasks that a killed scheduler had queued. A request of a worker to the
# API server is repeated over some three minutes, longer than a restart of the server takes on a busy machine.
_RECOVERY_SETTINGS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "20",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "20",
}
# As Amazon MWAA names the sessions of its execution role.
_SERVICE, _SESSION = "airflow-env.amazonaws.com", "AmazonMWAA-airflow"
_UNPAUSED = {"AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False"}


def environment(settings: StackSettings, credentials: Credentials, metadata_dsn: str) -> dict[str, str]:
    """What Airflow's own commands need; `metadata_dsn` is a postgresql:// URL of the metadata database.

    asyncpg does not know the parameters of libpq that the URL may have.
    """
    home = settings.home / "airflow"
    _, _, address = metadata_dsn.partition("://")
    return {
        "AIRFLOW_HOME": str(home),
        "TZ": "UTC",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{address}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{address.partition('?')[0]}",
        "AIRFLOW__CORE__EXECUTOR": "stack.executor.StackExecutor",
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.dags_directory),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__FERNET_KEY": credentials.airflow_fernet_key,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{settings.airflow_url}/execution/",
        "AIRFLOW__API__BASE_URL": settings.airflow_url_on_host,
        "AIRFLOW__API__SECRET_KEY": credentials.airflow_api_secret_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": credentials.airflow_jwt_secret,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        **_LATENCY_SETTINGS,
        **_SMALL_MACHINE_SETTINGS,
        **_RECOVERY_SETTINGS,
        **_UNPAUSED,
    }


def dag_environment(settings: StackSettings, outputs: Outputs, market_data_connection: str) -> dict[str, str]:
    """What the DAGs need: the endpoint in the place of AWS, under the role of MWAA, the resources, and the connections.

    :param market_data_connection: Airflow's connection `twelve_data`, as JSON
    """
    return {
        **environment_of_role(settings, outputs["AirflowRoleName"], _SESSION, _SERVICE),
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AIRFLOW_CONN_TWELVE_DATA": market_data_connection,
        "LAKEHOUSE_LAKE_BUCKET": outputs["LakeBucket"],
        "LAKEHOUSE_RAW_BUCKET": outputs["RawBucket"],
        "LAKEHOUSE_ARTIFACTS_BUCKET": outputs["ArtifactsBucket"],
        "LAKEHOUSE_ATHENA_RESULTS_BUCKET": outputs["AthenaResultsBucket"],
        "LAKEHOUSE_DATA_DOCS_BUCKET": outputs["DataDocsBucket"],
        "LAKEHOUSE_ALERTS_TOPIC_ARN": outputs.get("AlertsTopicArn", ""),
        "LAKEHOUSE_REDSHIFT_WORKGROUP": outputs.get("RedshiftWorkgroupName", ""),
        "LAKEHOUSE_TRADES_STREAM": outputs.get("TradesStreamName", ""),
        "LAKEHOUSE_POLL_INTERVAL_SECONDS": "1",
        "LAKEHOUSE_ARRIVALS_QUEUE_URL": outputs["StockArrivalsQueueUrl"] if settings.arrivals == "queue" else "",
        "LAKEHOUSE_ARRIVALS_SETTLE_SECONDS": "2",
        "LAKEHOUSE_DATA_DOCS_BASE_URL": f"{settings.aws_url_on_host}/{outputs['DataDocsBucket']}",
        "LAKEHOUSE_DASHBOARD_URL": outputs.get("DashboardUrl", ""),
    }


def migrate(environment: dict[str, str], log: Path) -> None:
    """Make or upgrade the metadata database, once per version of Airflow.

    Raises StackError with the last line of the log when that fails.
    """
    marker = Path(environment["AIRFLOW_HOME"]) / f"migrated-{version('apache-airflow')}"
    if marker.exists():
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        command = [_AIRFLOW, "db", "migrate"]
        migration = subprocess.run(
            command, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if migration.returncode:
        raise StackError(f"Airflow's database was not migrated: {' '.join(last_lines(log, 1))} (see {log})")
    marker.touch()


def programs(settings: StackSettings, environment: dict[str, str]) -> list[Program]:
    host, port = settings.airflow_listener
    commands = {
        "airflow-api-server": ["api-server", "--host", host, "--port", str(port)],
        "airflow-scheduler": ["scheduler", "--skip-serve-logs"],
        "airflow-dag-processor": ["dag-processor"],
        "airflow-triggerer": ["triggerer", "--skip-serve-logs"],
    }
    forking = {"airflow-scheduler", "airflow-dag-processor"}
    return [
        Program(
            name,
            [_AIRFLOW, *arguments],
            environment | ({"PYTHONPATH": str(_FORKING_SETTINGS)} if name in forking else {}),
        )
        for name, arguments in commands.items()
    ]


def is_ready(settings: StackSettings) -> bool:
    """Whether the API answers and says that scheduler, triggerer and DAG processor are healthy."""
    try:
        health = ask(f"{settings.airflow_url}/api/v2/monitor/health").raise_for_status().json()
    except httpx.HTTPError:
        return False
    return all(component["status"] == "healthy" for component in health.values())
