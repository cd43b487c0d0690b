"""Glue jobs of the local endpoint: plain Python scripts for what does not need Spark."""

import os
import zipfile
from importlib.metadata import version
from io import BytesIO
from textwrap import dedent

import pytest
from botocore.exceptions import ClientError

from local_aws.glue.jobs.process import JobProcess
from tests.local_aws.glue_jobs import Jobs, wait_for


@pytest.fixture
def jobs(aws):
    return Jobs(aws)


def test_a_script_gets_its_arguments_as_glue_passes_them(jobs):
    name = jobs.create(
        "import sys\nfor argument in sys.argv[1:]:\n    print(argument)",
        DefaultArguments={"--database": "lake", "--share": "0.01", "--additional-python-modules": "boto3"},
    )

    run = jobs.run(name, Arguments={"--share": "0.5", "--note": "two words"})

    assert run["JobRunState"] == "SUCCEEDED"
    assert run["Id"].startswith("jr_")
    assert len(run["Id"]) == 67
    arguments = jobs.output(run["Id"])
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert pairs.pop("--JOB_ID").startswith("j_")
    assert pairs == {
        "--JOB_NAME": name,
        "--JOB_RUN_ID": run["Id"],
        "--database": "lake",
        "--share": "0.5",
        "--note": "two words",
    }


def test_a_script_imports_its_extra_files_and_reaches_the_endpoint(jobs):
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("packed/__init__.py", "NAME = 'from the archive'")
    locations = [jobs.upload("packed.zip", archive.getvalue()), jobs.upload("single.py", b"NAME = 'from the file'")]
    name = jobs.create(
        "import boto3, packed, single\n"
        "print(packed.NAME)\nprint(single.NAME)\n"
        "print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])",
        DefaultArguments={"--extra-py-files": ",".join(locations)},
    )

    run = jobs.run(name)

    packed, single, buckets = jobs.output(run["Id"])
    assert (packed, single) == ("from the archive", "from the file")
    assert jobs.bucket in buckets


def test_the_environment_of_the_endpoint_stays_out_of_the_job(jobs):
    name = jobs.create("import os\nprint(sorted(n for n in os.environ if n.startswith('LAKEHOUSE')))")

    assert jobs.output(jobs.run(name)["Id"]) == ["[]"]


def test_a_failed_script_names_its_error(jobs):
    name = jobs.create("print('before')\nraise ValueError('the share is too high')")

    run = jobs.run(name)

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "ValueError: the share is too high"
    assert jobs.output(run["Id"]) == ["before"]
    traceback = jobs.output(run["Id"], "error")
    assert traceback[0] == "Traceback (most recent call last):"
    assert traceback[-1] == "ValueError: the share is too high"
    assert not any("launcher" in line for line in traceback)


@pytest.mark.parametrize(
    ("script", "state", "message"),
    [
        ("import sys; sys.exit(0)", "SUCCEEDED", None),
        ("import sys; sys.exit(3)", "FAILED", "SystemExit: 3"),
        ("import sys; sys.exit('no rows')", "FAILED", "SystemExit: no rows"),
        ("import os; os._exit(9)", "FAILED", "exit code 9"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "FAILED", "killed by signal 9"),
    ],
)
def test_the_state_follows_the_end_of_the_process(jobs, script, state, message):
    run = jobs.run(jobs.create(script))

    assert run["JobRunState"] == state
    assert (message or "") in run.get("ErrorMessage", "")


def test_output_is_readable_while_the_job_runs(jobs):
    name = jobs.create("import time\nprint('started')\ntime.sleep(60)")
    run_id = jobs.start(name)

    wait_for(lambda: jobs.get(name, run_id)["JobRunState"] == "RUNNING" and jobs.output(run_id) == ["started"])

    assert "CompletedOn" not in jobs.get(name, run_id)
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert jobs.wait(name, run_id)["JobRunState"] == "STOPPED"


def test_stopping_ends_the_process_and_what_it_started(jobs):
    name = jobs.create(
        "import subprocess, time\nprint(subprocess.Popen(['sleep', '60']).pid)\ntime.sleep(60)",
    )
    run_id = jobs.start(name)
    (child,) = wait_for(lambda: jobs.get(name, run_id)["JobRunState"] == "RUNNING" and jobs.output(run_id))

    answer = jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_unknown"])
    run = jobs.wait(name, run_id)

    assert [entry["JobRunId"] for entry in answer["SuccessfulSubmissions"]] == [run_id]
    assert [entry["ErrorDetail"]["ErrorCode"] for entry in answer["Errors"]] == ["EntityNotFoundException"]
    assert run["JobRunState"] == "STOPPED"
    wait_for(lambda: not is_running(int(child)))


def test_no_more_runs_at_once_than_the_job_allows(jobs):
    name = jobs.create("import time\ntime.sleep(60)", ExecutionProperty={"MaxConcurrentRuns": 1})
    run_id = jobs.start(name)

    with pytest.raises(ClientError) as error:
        jobs.start(name)

    assert error.value.response["Error"]["Code"] == "ConcurrentRunsExceededException"
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    jobs.wait(name, run_id)
    second = jobs.start(name)
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[second])
    jobs.wait(name, second)


def test_a_failed_run_is_retried_under_an_id_of_its_own(jobs):
    marker = f"import boto3\ns3 = boto3.client('s3')\nbucket = '{jobs.bucket}'\n"
    name = jobs.create(
        marker + "if s3.list_objects_v2(Bucket=bucket, Prefix='tried')['KeyCount'] == 0:\n"
        "    s3.put_object(Bucket=bucket, Key='tried', Body=b'')\n    raise RuntimeError('first attempt')\n",
        MaxRetries=1,
    )
    run_id = jobs.start(name)
    assert jobs.wait(name, run_id)["ErrorMessage"] == "RuntimeError: first attempt"

    retry = jobs.wait(name, wait_for(lambda: find_retry(jobs, name, run_id)))

    assert retry["JobRunState"] == "SUCCEEDED"
    assert (retry["Attempt"], retry["PreviousRunId"]) == (1, run_id)
    states = [run["JobRunState"] for run in jobs.glue.get_job_runs(JobName=name)["JobRuns"]]
    assert states == ["SUCCEEDED", "FAILED"]


def find_retry(jobs, name, run_id):
    runs = jobs.glue.get_job_runs(JobName=name)["JobRuns"]
    return next((run["Id"] for run in runs if run["Id"] == f"{run_id}_attempt_1"), None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"--additional-python-modules": "boto3==0.0.1"}, "boto3==0.0.1"),
        ({"--additional-python-modules": "boto3,no-such-module-here"}, "no-such-module-here"),
        ({"--extra-py-files": "s3://no-such-bucket/a.zip"}, "s3://no-such-bucket/a.zip"),
        ({"--extra-jars": "s3://bucket/a.jar"}, "--extra-jars"),
        ({"--scriptLocation": "s3://no-such-bucket/a.py"}, "s3://no-such-bucket/a.py"),
    ],
)
def test_a_run_that_cannot_have_what_it_asks_for_fails_naming_it(jobs, arguments, words):
    run = jobs.run(jobs.create("print('ran')"), Arguments=arguments)

    assert run["JobRunState"] == "FAILED"
    assert words in run["ErrorMessage"]
    assert jobs.output(run["Id"]) == []


@pytest.mark.parametrize(("version", "named"), [(None, "Glue 6.0 runs Spark 4.1.1"), ("5.0", "Spark 3.5.4")])
def test_a_spark_job_of_another_glue_version_fails_naming_the_version_to_set(jobs, version, named):
    fields = {"GlueVersion": version} if version else {}

    run = jobs.run(jobs.create("print('ran')", command="glueetl", **fields))

    assert run["JobRunState"] == "FAILED"
    assert named in run["ErrorMessage"]
    assert "5.1" in run["ErrorMessage"]


def test_a_command_that_is_not_run_here_is_refused(jobs):
    with pytest.raises(ClientError) as error:
        jobs.create("", command="gluestreaming")

    assert error.value.response["Error"]["Code"] == "InvalidInputException"
    assert "gluestreaming" in str(error.value)


def test_update_job_replaces_the_definition(jobs):
    name = jobs.create("print('one')", DefaultArguments={"--a": "1"}, MaxRetries=2)
    command = {"Name": "pythonshell", "ScriptLocation": jobs.upload("two.py", b"import sys; print(sys.argv[7:])")}

    jobs.glue.update_job(JobName=name, JobUpdate={"Role": "r", "Command": command, "DefaultArguments": {"--b": "2"}})

    assert jobs.output(jobs.run(name)["Id"]) == ["['--b', '2']"]
    assert not jobs.glue.get_job(JobName=name)["Job"].get("MaxRetries")


def test_a_killed_endpoint_takes_its_jobs_along_and_reports_them_failed(own_endpoint):
    jobs = Jobs(own_endpoint.client)
    name = jobs.create("import os, time\nprint(os.getpid())\ntime.sleep(60)")
    run_id = jobs.start(name)
    (process,) = wait_for(lambda: jobs.get(name, run_id)["JobRunState"] == "RUNNING" and jobs.output(run_id))

    own_endpoint.kill()
    wait_for(lambda: not is_running(int(process)))
    own_endpoint.start()

    run = jobs.get(name, run_id)
    assert run["JobRunState"] == "FAILED"
    assert "restarted" in run["ErrorMessage"]


def is_running(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_is_ended_when_its_time_is_over(tmp_path):
    """Below the API, whose shortest timeout is a minute."""
    script = tmp_path / "script.py"
    script.write_text("import time\nprint('started', flush=True)\ntime.sleep(60)")
    output = []

    outcome = JobProcess(script, [], dict(os.environ), tmp_path).wait(output.append, output.append, timeout_seconds=2)

    assert outcome.timed_out
    assert b"".join(output) == b"started\n"


def zip_of_wheels(requirements, wheels=()):
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("wheels/requirements.txt", "\n".join(requirements))
        for wheel in wheels:
            archive.writestr(f"wheels/{wheel}", b"")
    return content.getvalue()


MODULES = [f"{name}=={version(name)}" for name in ("great-expectations", "pyarrow")]
WHEELS = [
    f"great_expectations-{version('great-expectations')}-py3-none-any.whl",
    f"pyarrow-{version('pyarrow')}-cp311-cp311-manylinux_2_28_x86_64.whl",
]


@pytest.mark.parametrize("wheels", [WHEELS, []], ids=["whole", "requirements alone"])
def test_job_runs_with_a_zip_of_wheels_whose_packages_are_installed(jobs, wheels):
    location = jobs.upload("x.gluewheels.zip", zip_of_wheels(MODULES, wheels))
    arguments = {"--additional-python-modules": location, "--python-modules-installer-option": "--no-index"}
    name = jobs.create("import great_expectations", DefaultArguments=arguments)
    run = jobs.run(name)
    assert run["JobRunState"] == "SUCCEEDED", run


@pytest.mark.parametrize(
    ("requirements", "wheels", "sentence"),
    [
        ([*MODULES, "pyarrow==1.0.0"], [], "asks for pyarrow==1.0.0"),
        (["no-such-module-here==1.0"], [], "no-such-module-here==1.0, which is not installed"),
        (MODULES, WHEELS[:1], f"holds no wheel of {MODULES[1]}"),
        (MODULES[:1], WHEELS, f"does not name, in wheels/requirements.txt, its wheel of {MODULES[1]}"),
    ],
)
def test_zip_of_wheels_that_is_not_what_is_installed_fails_the_run(jobs, requirements, wheels, sentence):
    location = jobs.upload("x.gluewheels.zip", zip_of_wheels(requirements, wheels))
    name = jobs.create("print('never')", DefaultArguments={"--additional-python-modules": location})
    run = jobs.run(name)
    assert run["JobRunState"] == "FAILED"
    assert sentence in run["ErrorMessage"]


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_zip_of_wheels_that_cannot_be_read_fails_the_run(jobs, content):
    if content:
        jobs.upload("x.gluewheels.zip", content)
    location = f"s3://{jobs.bucket}/x.gluewheels.zip"
    name = jobs.create("print('never')", DefaultArguments={"--additional-python-modules": location})
    assert location in jobs.run(name)["ErrorMessage"]


def test_other_installer_options_are_not_supported(jobs):
    arguments = {"--python-modules-installer-option": "--upgrade"}
    run = jobs.run(jobs.create("print('never')", DefaultArguments=arguments))
    assert "does not support --upgrade of the job argument" in run["ErrorMessage"]


def test_a_job_whose_log_stream_is_deleted_goes_on_without_logs(jobs):
    script = """
        import sys, time
        import boto3
        print("begun")
        run_id = sys.argv[sys.argv.index("--JOB_RUN_ID") + 1]
        logs, stream = boto3.client("logs"), {"logGroupName": "/aws-glue/jobs/output", "logStreamName": run_id}
        while not logs.get_log_events(**stream)["events"]:
            time.sleep(0.05)
        logs.delete_log_stream(**stream)
        for _ in range(20):
            print("unread", flush=True)
            time.sleep(0.05)
    """

    run = jobs.run(jobs.create(dedent(script)))

    assert (run["JobRunState"], run.get("ErrorMessage")) == ("SUCCEEDED", None)


@pytest.mark.parametrize(
    "setting", ["spark.jars=x.jar", "spark.jars.packages=a:b:1", "spark.driver.userClassPathFirst=true"]
)
def test_a_setting_that_only_a_submission_carries_out_fails_the_run_naming_it(jobs, setting):
    fields = {"GlueVersion": "5.1", "DefaultArguments": {"--conf": setting}}

    run = jobs.run(jobs.create("", "glueetl", **fields))

    assert run["JobRunState"] == "FAILED"
    name = setting.partition("=")[0]
    assert (
        run["ErrorMessage"] == f"The local Glue does not support the Spark setting {name} of the job argument --conf."
    )
