"""Runs jobs: one thread per run watches the run's process and keeps the run's state true."""

import logging
import os
import shutil
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from local_aws import access, state
from local_aws.access.objects import authorize_object
from local_aws.access.sessions import Credentials
from local_aws.glue.jobs import data_lake_formats, engines, fork_servers, spark, web_files
from local_aws.glue.jobs.arguments import check_arguments, listed, script_arguments, spark_settings
from local_aws.glue.jobs.engine import Engine
from local_aws.glue.jobs.errors import JobError
from local_aws.glue.jobs.events import announce_end
from local_aws.glue.jobs.logs import LogStream
from local_aws.glue.jobs.model import LOG_GROUP, LocalJob, LocalJobRun
from local_aws.glue.jobs.process import JobProcess, Outcome
from local_aws.glue.jobs.requirements import check_glue_version, check_modules
from local_aws.glue.lock import glue_lock
from local_aws.settings import endpoint_settings
from local_aws.storage import local_path

logger = logging.getLogger(__name__)

WORK_PREFIX = "glue-"
SERVICE = "glue.amazonaws.com"
SESSION_NAME = "GlueJobRunnerSession"
# After its time a job is still ended, and its logs are written.
SPARE_SECONDS = 600
# Of this process's environment, what a job gets to see; a Python may need its library path to start at all.
PASSED_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZDIR", "SSL_CERT_FILE", "LD_LIBRARY_PATH")


@dataclass
class _Control:
    """What a running attempt needs beside its picklable state."""

    stopping: threading.Event = field(default_factory=threading.Event)
    process: JobProcess | None = None
    engine: Engine | None = None

    def kill(self) -> None:
        if self.process:
            self.process.kill()
        if self.engine:
            self.engine.kill()

    def release_engine(self) -> Engine | None:
        """The engine. A stop ends nothing from then on, as the engine may serve the next run."""
        engine, self.engine, self.process = self.engine, None, None
        return engine


_controls: dict[str, _Control] = {}


def start(job: LocalJob, run: LocalJobRun) -> None:
    """Run the job in the background."""
    _controls[run.job_run_id] = _Control()
    threading.Thread(target=_run, args=(job, run), name=run.job_run_id, daemon=True).start()


def stop(run: LocalJobRun) -> None:
    """End the run if it is under way; it becomes STOPPED once its process is gone."""
    with glue_lock:
        control = _controls.get(run.job_run_id)
        if control is None:
            return
        run.move_to("STOPPING")
        control.stopping.set()
        control.kill()


def _run(job: LocalJob, run: LocalJobRun) -> None:
    run_state, error_message = _outcome(job, run)
    control = _controls[run.job_run_id]
    with glue_lock:
        engine = control.release_engine()
        is_good = run_state == "SUCCEEDED" and not control.stopping.is_set()
    if engine and is_good:
        engines.give_back(engine)
    elif engine:
        engines.end(engine)
    # The end is told when Java writes no more.
    with glue_lock:
        del _controls[run.job_run_id]
        if control.stopping.is_set():
            run_state, error_message = "STOPPED", None
        run.finish(run_state, error_message)
        if run_state == "FAILED" and run.attempt < (job.max_retries or 0):
            start(job, job.add_retry(run))
    state.save("glue")
    state.save("logs")
    announce_end(job, run)


def _outcome(job: LocalJob, run: LocalJobRun) -> tuple[str, str | None]:
    """The run's final state and its error message."""
    work_directory = endpoint_settings().work_directory
    work_directory.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=WORK_PREFIX, dir=work_directory))
    try:
        return _execute(job, run, directory)
    except JobError as error:
        return "FAILED", str(error)
    except Exception as error:
        logger.exception("Job run %s of %s could not be carried out", run.job_run_id, job.name)
        return "FAILED", f"The local Glue could not run the job: {type(error).__name__}: {error}"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _execute(job: LocalJob, run: LocalJobRun, directory: Path) -> tuple[str, str | None]:
    credentials = _credentials(job, run)
    with access.acting_as(credentials.session), web_files.serving(credentials.session) as files_url:
        return _execute_as(credentials, files_url, job, run, directory)


def _credentials(job: LocalJob, run: LocalJobRun) -> Credentials:
    """Of the job's role, for as long as the run may take."""
    seconds = run.settings["Timeout"] * 60 + SPARE_SECONDS
    role = access.arn_of_role(job.role, job.backend.account_id)
    try:
        return access.service_credentials(role, SERVICE, SESSION_NAME, seconds=seconds)
    except access.AccessDeniedError as error:
        raise JobError(
            f"The role {role} should be given assume role permissions for Glue Service: let {SERVICE} assume it."
        ) from error


def _execute_as(
    credentials: Credentials, files_url: str, job: LocalJob, run: LocalJobRun, directory: Path
) -> tuple[str, str | None]:
    control = _controls[run.job_run_id]
    account_id, region = job.backend.account_id, job.backend.region_name
    output, errors, engine_output, engine_errors = (
        LogStream(account_id, region, f"{LOG_GROUP}/{group}", run.job_run_id) for group in ("output", "error") * 2
    )
    prepared = _prepare(credentials, files_url, job, run, directory)
    for name in prepared.ignored_settings:
        errors.write_line(f"Warning: Ignoring non-Spark config property: {name}")
    if prepared.java_options:
        control.engine = engines.take(prepared.java_options, _passed_variables())
        control.engine.serve(prepared.spark_settings, directory, engine_output.write, engine_errors.write)
        prepared.environment.update(control.engine.environment)
    fork_server = fork_servers.take(prepared.packages)
    process = JobProcess(prepared.script, prepared.arguments, prepared.environment, directory, fork_server)
    with glue_lock:
        control.process = process
        if control.stopping.is_set():
            control.kill()
        else:
            run.move_to("RUNNING")
    timeout_minutes = run.settings["Timeout"]
    outcome = process.wait(output.write, errors.write, timeout_minutes * 60)
    if control.engine:
        control.engine.finish_output()
    if outcome.timed_out:
        return "TIMEOUT", f"The job run exceeded its timeout of {timeout_minutes} minutes."
    if outcome.exit_code:
        return "FAILED", _failure(outcome)
    fork_servers.learn(prepared.packages, outcome.modules, _passed_variables())
    return "SUCCEEDED", None


def _failure(outcome: Outcome) -> str:
    if outcome.error:
        return outcome.error
    if outcome.exit_code < 0:
        return f"The job's process was killed by signal {-outcome.exit_code}."
    return f"The job's process ended with exit code {outcome.exit_code} before its script ended."


def remove_leftovers() -> None:
    """Delete the work folders of runs that ended with an earlier endpoint process."""
    for directory in endpoint_settings().work_directory.glob(f"{WORK_PREFIX}*"):
        shutil.rmtree(directory, ignore_errors=True)


@dataclass
class _Prepared:
    """What a job's process is started with; without Java options it is no Spark job."""

    script: Path
    arguments: list[str]
    environment: dict[str, str]
    packages: fork_servers.Packages
    java_options: spark.JavaOptions | None = None
    spark_settings: dict[str, str] = field(default_factory=dict)
    ignored_settings: tuple[str, ...] = ()


def _prepare(credentials: Credentials, files_url: str, job: LocalJob, run: LocalJobRun, directory: Path) -> _Prepared:
    arguments = run.arguments
    check_arguments(arguments)
    modules = listed(arguments.get("--additional-python-modules"))
    check_modules(modules)
    script = _fetch(arguments.get("--scriptLocation") or job.command["ScriptLocation"], directory, "script")
    for location in listed(arguments.get("--extra-files")):
        _fetch(location, directory, "extra file")
    environment = _environment(credentials, job, directory)
    environment["PYTHONPATH"] = os.pathsep.join(
        str(_fetch_module(location, directory)) for location in listed(arguments.get("--extra-py-files"))
    )
    given = script_arguments(arguments, job.name, job.job_id, run.job_run_id)
    prepared = _Prepared(script, given, environment, fork_servers.Packages(job.is_spark, tuple(sorted(modules))))
    if job.is_spark:
        check_glue_version(run.settings["GlueVersion"])
        all_settings = spark_settings(arguments.get("--conf"))
        settings = {name: value for name, value in all_settings.items() if name.startswith(spark.SETTING_PREFIX)}
        prepared.ignored_settings = tuple(name for name in all_settings if name not in settings)
        jars = data_lake_formats.jars(arguments)
        prepared.java_options = spark.JavaOptions.of_job(jars, settings)
        if jars:
            settings = data_lake_formats.local_catalogs(settings, job.backend.region_name, credentials)
        engine_settings = spark.engine_settings(directory, files_url)
        prepared.spark_settings = engine_settings | spark.worker_environment(environment) | settings
    return prepared


def _passed_variables() -> dict[str, str]:
    passed = {name: os.environ[name] for name in PASSED_VARIABLES if name in os.environ}
    return passed | {"PYSPARK_PYTHON": sys.executable, "TZ": "UTC"}


def _environment(credentials: Credentials, job: LocalJob, directory: Path) -> dict[str, str]:
    region = job.backend.region_name
    return _passed_variables() | {
        "AWS_ENDPOINT_URL": endpoint_settings().url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(directory),
    }


def _fetch(location: str, directory: Path, role: str) -> Path:
    """A copy of the object, so that a change of it does not reach a run under way."""
    try:
        source = local_path(location)
    except ValueError as error:
        raise JobError(f"The location of the job's {role} is wrong: {error}.") from error
    try:
        authorize_object("s3:GetObject", location)
    except access.AccessDeniedError as error:
        raise JobError(f"The job's {role} {location} cannot be read: {error.message}") from error
    if not source.is_file():
        raise JobError(f"The job's {role} {location} does not exist.")
    return Path(shutil.copyfile(source, directory / source.name))


def _fetch_module(location: str, directory: Path) -> Path:
    """What has to be on the Python path for the module: an archive itself, or the folder of a source file."""
    copy = _fetch(location, directory, "--extra-py-files entry")
    return copy.parent if copy.suffix == ".py" else copy
