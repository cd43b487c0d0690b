"""What EventBridge is told of the end of a job run.

Source: AWS Glue developer guide, Automating AWS Glue with CloudWatch Events: `Glue Job State Change` comes for
SUCCEEDED, FAILED, TIMEOUT and STOPPED.
"""

from local_aws.events import announce_event
from local_aws.glue.jobs.model import LocalJob, LocalJobRun

SEVERITIES = {"SUCCEEDED": "INFO", "STOPPED": "INFO", "FAILED": "ERROR", "TIMEOUT": "WARN"}
MESSAGES = {"SUCCEEDED": "Job run succeeded", "STOPPED": "Job run stopped", "TIMEOUT": "Job run timed out"}


def announce_end(job: LocalJob, run: LocalJobRun) -> None:
    detail = {
        "jobName": job.name,
        "severity": SEVERITIES[run.state],
        "state": run.state,
        "jobRunId": run.job_run_id,
        "message": run.error_message or MESSAGES.get(run.state, "Job run failed"),
    }
    announce_event("aws.glue", "Glue Job State Change", detail, [], job.backend.account_id, job.backend.region_name)
