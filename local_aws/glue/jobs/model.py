"""Jobs and job runs as the Glue API shows them. No process, thread or lock is kept here: a run is picklable."""

import hashlib
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.glue.exceptions import ConcurrentRunsExceededException, JobRunNotFoundException
from moto.glue.models import FakeJob
from moto.moto_api._internal import mock_random

LOG_GROUP = "/aws-glue/jobs"
# What Glue gives a Spark job that names no version.
DEFAULT_GLUE_VERSION = "6.0"
# Minutes; API reference, StartJobRun.
DEFAULT_TIMEOUT_MINUTES = 2880
ACTIVE_STATES = frozenset({"STARTING", "RUNNING", "STOPPING"})
JOB_FIELDS = {
    "Description": "description",
    "LogUri": "log_uri",
    "Role": "role",
    "ExecutionProperty": "execution_property",
    "Command": "command",
    "DefaultArguments": "default_arguments",
    "NonOverridableArguments": "non_overridable_arguments",
    "Connections": "connections",
    "MaxRetries": "max_retries",
    "AllocatedCapacity": "allocated_capacity",
    "Timeout": "timeout",
    "MaxCapacity": "max_capacity",
    "WorkerType": "worker_type",
    "NumberOfWorkers": "number_of_workers",
    "SecurityConfiguration": "security_configuration",
    "NotificationProperty": "notification_property",
    "GlueVersion": "glue_version",
    "CodeGenConfigurationNodes": "code_gen_configuration_nodes",
    "ExecutionClass": "execution_class",
    "SourceControlDetails": "source_control_details",
}
UNSET_FIELDS = {"execution_property": {}, "default_arguments": {}, "execution_class": "STANDARD"}


class LocalJobRun:
    """One attempt of a job."""

    def __init__(self, job: "LocalJob", settings: dict[str, Any], run_id: str, attempt: int = 0) -> None:
        self.job_run_id = run_id
        self.job_name = job.name
        self.attempt = attempt
        self.settings = settings
        self.state = "STARTING"
        self.error_message: str | None = None
        self.started_on = utcnow()
        self.modified_on = self.started_on
        self.completed_on: datetime | None = None
        self.running_since: datetime | None = None

    @property
    def arguments(self) -> dict[str, str]:
        return self.settings["Arguments"]

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    def move_to(self, state: str) -> None:
        self.modified_on = utcnow()
        if state == "RUNNING":
            self.running_since = self.modified_on
        self.state = state

    def finish(self, state: str, error_message: str | None = None) -> None:
        self.error_message = error_message
        self.modified_on = self.completed_on = utcnow()
        self.state = state

    def execution_seconds(self) -> int:
        if self.running_since is None:
            return 0
        return round(((self.completed_on or utcnow()) - self.running_since).total_seconds())

    def as_dict(self) -> dict[str, Any]:
        description = {
            **self.settings,
            "Id": self.job_run_id,
            "Attempt": self.attempt,
            "JobName": self.job_name,
            "StartedOn": self.started_on,
            "LastModifiedOn": self.modified_on,
            "CompletedOn": self.completed_on,
            "JobRunState": self.state,
            "ErrorMessage": self.error_message,
            "PredecessorRuns": [],
            "ExecutionTime": self.execution_seconds(),
            "LogGroupName": LOG_GROUP,
        }
        return {name: value for name, value in description.items() if value is not None}


class LocalJob(FakeJob):
    """A job definition and its runs, the oldest first."""

    job_runs: list[LocalJobRun]

    @property
    def job_id(self) -> str:
        """What Glue passes to the script as --JOB_ID."""
        return f"j_{hashlib.sha256(self.arn.encode()).hexdigest()}"

    @property
    def is_spark(self) -> bool:
        return self.command.get("Name") == "glueetl"

    def replace_definition(self, update: dict[str, Any]) -> None:
        """Every field that the update leaves out returns to its default, as UpdateJob does on Glue."""
        for name, attribute in JOB_FIELDS.items():
            setattr(self, attribute, update.get(name, UNSET_FIELDS.get(attribute)))
        self.apply_default_version()
        self.last_modified_on = utcnow()

    def apply_default_version(self) -> None:
        if self.is_spark and not self.glue_version:
            self.glue_version = DEFAULT_GLUE_VERSION

    def add_run(self, overrides: dict[str, Any]) -> LocalJobRun:
        """A run in state STARTING. Raises when the job has as many runs as it may have at once."""
        limit = self.execution_property.get("MaxConcurrentRuns", 1)
        if sum(run.is_active for run in self.job_runs) >= limit:
            raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {self.name}")
        return self._append(LocalJobRun(self, self._run_settings(overrides), f"jr_{mock_random.get_random_hex(64)}"))

    def add_retry(self, failed: LocalJobRun) -> LocalJobRun:
        first_id = failed.job_run_id.partition("_attempt_")[0]
        attempt = failed.attempt + 1
        settings = {**failed.settings, "PreviousRunId": failed.job_run_id}
        return self._append(LocalJobRun(self, settings, f"{first_id}_attempt_{attempt}", attempt))

    def get_job_run(self, run_id: str) -> LocalJobRun:
        for run in self.job_runs:
            if run.job_run_id == run_id:
                return run
        raise JobRunNotFoundException(run_id)

    def get_job_runs(self) -> list[LocalJobRun]:
        """The newest first."""
        return self.job_runs[::-1]

    def _append(self, run: LocalJobRun) -> LocalJobRun:
        self.job_runs.append(run)
        return run

    def _run_settings(self, overrides: dict[str, Any]) -> dict[str, Any]:
        definition = {
            "AllocatedCapacity": self.allocated_capacity,
            "MaxCapacity": self.max_capacity,
            "Timeout": self.timeout or DEFAULT_TIMEOUT_MINUTES,
            "WorkerType": self.worker_type,
            "NumberOfWorkers": self.number_of_workers,
            "SecurityConfiguration": self.security_configuration,
            "NotificationProperty": self.notification_property,
            "GlueVersion": self.glue_version,
            "ExecutionClass": self.execution_class,
        }
        given = {name: value for name, value in overrides.items() if value is not None}
        arguments = {
            **self.default_arguments,
            **given.pop("Arguments", {}),
            **(self.non_overridable_arguments or {}),
        }
        return {**definition, **given, "Arguments": arguments}
