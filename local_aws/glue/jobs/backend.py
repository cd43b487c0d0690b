"""The job actions of the Glue backend."""

from contextlib import suppress
from typing import Any

from local_aws.glue.exceptions import EntityNotFoundException, InvalidInputError, JobAlreadyExistsError
from local_aws.glue.jobs import class_archive, data_lake_formats, runner
from local_aws.glue.jobs.errors import JobError
from local_aws.glue.jobs.events import announce_end
from local_aws.glue.jobs.model import LocalJob, LocalJobRun
from local_aws.glue.security import SecurityBackend

MAX_TIMEOUT_MINUTES = 10080
COMMANDS = ("glueetl", "pythonshell")


class JobBackend(SecurityBackend):
    jobs: dict[str, LocalJob]

    def create_job(self, name: str, **definition: Any) -> None:
        if name in self.jobs:
            raise JobAlreadyExistsError(name)
        tags = definition.pop("tags", None)
        self._check_definition(definition["command"], definition["timeout"], definition["security_configuration"])
        job = LocalJob(name, **definition, tags=tags, backend=self)
        job.apply_default_version()
        self.jobs[name] = job
        if job.is_spark:
            # What the arguments ask for and is not supported fails the run, as the arguments may differ there.
            with suppress(JobError):
                class_archive.build_in_background(data_lake_formats.jars(job.default_arguments or {}))

    def update_job(self, name: str, update: dict[str, Any]) -> None:
        job = self.get_job(name)
        self._check_definition(update.get("Command"), update.get("Timeout"), update.get("SecurityConfiguration"))
        job.replace_definition(update)

    def delete_job(self, name: str) -> None:
        """Glue deletes a job that does not exist without an error, and stops the runs of one that does."""
        job = self.jobs.pop(name, None)
        for run in job.job_runs if job else []:
            if run.is_active:
                runner.stop(run)

    def start_job_run(self, name: str, arguments: dict[str, str] | None = None, *overrides: Any) -> str:
        """Start a run and return its id. The overrides come in the order of moto's signature."""
        names = (
            "AllocatedCapacity",
            "MaxCapacity",
            "Timeout",
            "WorkerType",
            "SecurityConfiguration",
            "NumberOfWorkers",
            "NotificationProperty",
            "PreviousRunId",
        )
        job = self.get_job(name)
        settings = dict(zip(names, overrides, strict=False))
        self._check_timeout(settings.get("Timeout"))
        self.check_security_configuration(settings.get("SecurityConfiguration") or job.security_configuration)
        if settings.get("PreviousRunId"):
            job.get_job_run(settings["PreviousRunId"])
        run = job.add_run({"Arguments": arguments or {}, **settings})
        runner.start(job, run)
        return run.job_run_id

    def batch_stop_job_run(self, name: str, run_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
        job = self.get_job(name)
        stopped, errors = [], []
        for run_id in run_ids:
            entry = {"JobName": name, "JobRunId": run_id}
            error = self._stop(job, run_id)
            if error:
                errors.append({**entry, "ErrorDetail": error})
            else:
                stopped.append(entry)
        return {"SuccessfulSubmissions": stopped, "Errors": errors}

    def fail_interrupted_runs(self) -> None:
        runner.remove_leftovers()
        for job in list(self.jobs.values()):
            for run in job.job_runs:
                if run.is_active:
                    run.finish("FAILED", "The endpoint was restarted while the job was running.")
                    announce_end(job, run)

    def _stop(self, job: LocalJob, run_id: str) -> dict[str, str] | None:
        try:
            run: LocalJobRun = job.get_job_run(run_id)
        except EntityNotFoundException as error:
            return {"ErrorCode": "EntityNotFoundException", "ErrorMessage": error.message}
        if not run.is_active:
            return {
                "ErrorCode": "IllegalStateException",
                "ErrorMessage": f"Job run {run_id} is in the final state {run.state}.",
            }
        runner.stop(run)
        return None

    def _check_definition(
        self, command: dict[str, str] | None, timeout: int | None, security_configuration: str | None
    ) -> None:
        if not command or not command.get("ScriptLocation"):
            raise InvalidInputError("Command.ScriptLocation is required: the S3 location of the job's script.")
        if command.get("Name") not in COMMANDS:
            raise InvalidInputError(
                f"The local Glue does not run the command {command.get('Name')!r}: it runs {' and '.join(COMMANDS)}."
            )
        self._check_timeout(timeout)
        self.check_security_configuration(security_configuration)

    def _check_timeout(self, timeout: int | None) -> None:
        if timeout is not None and not 1 <= timeout <= MAX_TIMEOUT_MINUTES:
            raise InvalidInputError(f"Timeout must be from 1 to {MAX_TIMEOUT_MINUTES} minutes, not {timeout}.")
