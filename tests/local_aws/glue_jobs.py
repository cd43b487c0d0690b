"""Runs scripts as Glue jobs of the endpoint."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

ACTIVE_STATES = {"STARTING", "RUNNING", "STOPPING"}


def wait_for(condition: Callable[[], Any], seconds: float = 300) -> Any:
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "gave up waiting"
        time.sleep(0.05)
    return result


class Jobs:
    """Scripts and jobs in a bucket of the test's own."""

    def __init__(self, client: Callable) -> None:
        self.glue = client("glue")
        self.s3 = client("s3")
        self.logs = client("logs")
        self.bucket = f"jobs-{uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)

    def upload(self, key: str, content: bytes) -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return f"s3://{self.bucket}/{key}"

    def create(self, script: str, command: str = "pythonshell", **fields: Any) -> str:
        name = f"job-{uuid4().hex[:8]}"
        location = self.upload(f"{name}.py", script.encode())
        self.glue.create_job(
            **{"Name": name, "Role": "r", "Command": {"Name": command, "ScriptLocation": location}, **fields}
        )
        return name

    def start(self, name: str, **options: Any) -> str:
        return self.glue.start_job_run(JobName=name, **options)["JobRunId"]

    def get(self, name: str, run_id: str) -> dict[str, Any]:
        return self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]

    def wait(self, name: str, run_id: str) -> dict[str, Any]:
        wait_for(lambda: self.get(name, run_id)["JobRunState"] not in ACTIVE_STATES)
        return self.get(name, run_id)

    def run(self, name: str, **options: Any) -> dict[str, Any]:
        return self.wait(name, self.start(name, **options))

    def output(self, run_id: str, group: str = "output") -> list[str]:
        events = self.logs.get_log_events(logGroupName=f"/aws-glue/jobs/{group}", logStreamName=run_id)["events"]
        return [event["message"] for event in events]
