"""The Amazon provider's operators and sensors of Athena, Glue and Redshift."""

from pathlib import Path
from uuid import uuid4

import pytest
from airflow.providers.amazon.aws.hooks.athena_sql import AthenaSQLHook
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.sensors.athena import AthenaSensor
from airflow.providers.amazon.aws.sensors.glue_catalog_partition import GlueCatalogPartitionSensor
from airflow.providers.amazon.aws.sensors.glue_crawler import GlueCrawlerSensor
from airflow.sdk.exceptions import AirflowException

from tests.clients.airflow_tasks import run
from tests.local_aws.athena.athena_lake import Lake

pytestmark = pytest.mark.usefixtures("airflow_environment")
EITHER_WAY = pytest.mark.parametrize("deferrable", [False, True], ids=["waiting", "deferred"])
SCRIPT = 'import sys\nprint("arguments", *sys.argv[1:])\nif "--fail" in sys.argv:\n    raise ValueError("broken")\n'


@EITHER_WAY
def test_athena_runs_a_query(lake: Lake, athena_connection: str, deferrable: bool):
    place = {"database": lake.database, "output_location": lake.url("airflow/"), "sleep_time": 0.1}
    query = "SELECT 41 + 1 AS answer"

    query_id = run(AthenaOperator(task_id="query", query=query, deferrable=deferrable, **place))
    run(AthenaSensor(task_id="sense", query_execution_id=query_id, poke_interval=0.1))
    if not deferrable:
        with pytest.raises(AirflowException, match="TABLE_NOT_FOUND"):
            run(AthenaOperator(task_id="query", query="SELECT * FROM nosuch", **place))

    assert lake.results(query_id) == [["answer"], ["42"]]
    hook = AthenaSQLHook(athena_conn_id=athena_connection)
    assert hook.get_first("SELECT x FROM (VALUES 1, 2) t(x) WHERE x > %(least)s", parameters={"least": 1}) == (2,)


@EITHER_WAY
def test_glue_crawls_and_a_partition_is_seen(lake: Lake, deferrable: bool):
    name = f"crawled_{uuid4().hex[:8]}"
    lake.put(f"{name}/day=2025-01-01/a.csv", "id,name\n1,a\n")
    config = {
        "Name": name,
        "Role": "glue",
        "DatabaseName": lake.database,
        "Targets": {"S3Targets": [{"Path": lake.url(f"{name}/")}]},
    }

    run(GlueCrawlerOperator(task_id="crawl", config=config, poll_interval=0.1, deferrable=deferrable))
    run(GlueCrawlerSensor(task_id="crawled", crawler_name=name, poke_interval=0.1))
    table = {"database_name": lake.database, "table_name": name, "expression": "day = '2025-01-01'"}
    run(GlueCatalogPartitionSensor(task_id="partition", poke_interval=1, deferrable=deferrable, **table))

    assert lake.rows(f"SELECT id, name FROM {name}") == [["1", "a"]]


@EITHER_WAY
def test_glue_runs_a_job_and_keeps_its_log(aws, lake: Lake, tmp_path: Path, deferrable: bool):
    script = tmp_path / f"job_{deferrable}.py"
    script.write_text(SCRIPT)
    job = {
        "job_name": f"job-{uuid4().hex[:8]}",
        "script_location": str(script),
        "s3_bucket": lake.bucket,
        "iam_role_name": "glue",
        "create_job_kwargs": {"GlueVersion": "5.1", "NumberOfWorkers": 2, "WorkerType": "G.1X"},
        "replace_script_file": True,
        "job_poll_interval": 0.2,
        "waiter_delay": 0.2,
        "waiter_max_attempts": 600,
        "verbose": True,
    }

    run_id = run(GlueJobOperator(task_id="job", script_args={"--day": "x"}, deferrable=deferrable, **job))
    assert aws("glue").get_job_run(JobName=job["job_name"], RunId=run_id)["JobRun"]["JobRunState"] == "SUCCEEDED"
    events = aws("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run_id)["events"]
    assert "--day x" in " ".join(event["message"] for event in events)
    if not deferrable:
        with pytest.raises(AirflowException, match="FAILED"):
            run(GlueJobOperator(task_id="job", script_args={"--fail": "yes"}, **job))


@EITHER_WAY
def test_redshift_runs_statements(aws, deferrable: bool):
    name = f"airflow{uuid4().hex[:8]}"
    serverless = aws("redshift-serverless")
    serverless.create_namespace(namespaceName=name, dbName=name)
    serverless.create_workgroup(workgroupName=name, namespaceName=name)
    place = {"database": name, "workgroup_name": name, "poll_interval": 0.1, "deferrable": deferrable}

    create = ["CREATE TABLE names (id INTEGER, name VARCHAR(10))", "INSERT INTO names VALUES (1, 'a'), (2, 'b')"]
    run(RedshiftDataOperator(task_id="create", sql=create, **place))
    [statement_id] = run(RedshiftDataOperator(task_id="rows", sql="SELECT name FROM names ORDER BY id", **place))

    records = aws("redshift-data").get_statement_result(Id=statement_id)["Records"]
    assert records == [[{"stringValue": "a"}], [{"stringValue": "b"}]]
