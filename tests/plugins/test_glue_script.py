"""GlueScriptOperator against jobs that the endpoint really runs."""

from datetime import timedelta
from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred
from lakehouse_aws.glue.script import GlueScriptOperator

SUCCEEDING_SCRIPT = b"print('done')"
FAILING_SCRIPT = b"raise ValueError('42 rows are out of range')"
REFUSING_SCRIPT = b"raise SystemExit('The raw table customers lacks the column email.')"
SLOW_SCRIPT = b"import time\ntime.sleep(3)"


@pytest.fixture
def create_job(aws, s3, lake_bucket):
    """`create_job(script)` makes a job of a Python script and returns its name."""

    def create(script):
        name = f"job-{uuid4().hex[:12]}"
        s3.put_object(Bucket=lake_bucket, Key=f"scripts/{name}.py", Body=script)
        aws("glue").create_job(
            Name=name,
            Role="arn:aws:iam::123456789012:role/glue",
            GlueVersion="5.1",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            Command={
                "Name": "glueetl",
                "PythonVersion": "3",
                "ScriptLocation": f"s3://{lake_bucket}/scripts/{name}.py",
            },
        )
        return name

    return create


def glue_script(job):
    return GlueScriptOperator(task_id="script", job_name=job, poll_interval=0.1)


def runs_of(aws, job):
    return aws("glue").get_job_runs(JobName=job)["JobRuns"]


def test_a_finished_job_returns_its_run_id(aws, run, create_job):
    job = create_job(SUCCEEDING_SCRIPT)

    run_id = run(glue_script(job))

    (job_run,) = runs_of(aws, job)
    assert (job_run["Id"], job_run["JobRunState"]) == (run_id, "SUCCEEDED")


def test_a_failed_job_tells_the_error_of_its_script(run, create_job):
    job = create_job(FAILING_SCRIPT)

    with pytest.raises(AirflowException, match=rf"The Glue job {job} ended FAILED: .*42 rows are out of range"):
        run(glue_script(job))


def test_a_job_that_refuses_its_input_is_not_run_again(run, create_job):
    with pytest.raises(AirflowFailException, match="customers lacks the column email"):
        run(glue_script(create_job(REFUSING_SCRIPT)))


def test_a_job_that_goes_on_failing_is_given_up(run, create_job):
    job, failures = create_job(FAILING_SCRIPT), []
    for _ in range(3):
        with pytest.raises(AirflowException) as failure:
            run(glue_script(job))
        failures.append(failure.type)
    assert failures == [AirflowException, AirflowException, AirflowFailException]


def test_a_retry_attaches_to_the_run_that_is_going(aws, run, create_job, context):
    job = create_job(SLOW_SCRIPT)
    with pytest.raises(TaskDeferred):
        glue_script(job).execute(context)
    context["ti"].xcoms.clear()

    run_id = run(glue_script(job))

    assert [job_run["Id"] for job_run in runs_of(aws, job)] == [run_id]


def test_waiting_ends_with_the_execution_timeout():
    operator = GlueScriptOperator(
        task_id="script", job_name="job", poll_interval=30, execution_timeout=timedelta(hours=2)
    )
    assert operator.waiter_max_attempts == 240
