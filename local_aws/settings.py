"""What the endpoint is told by its environment."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ACCOUNT_ID = "123456789012"


@dataclass(frozen=True)
class LambdaSettings:
    """How patient Lambda is, and how many functions run at once.

    `retry_seconds`: before the first and the second retry of an event, by default those of the developer guide, "How
    Lambda handles errors and retries with asynchronous invocation". `batch_retry_seconds`: before a mapping's first
    retry of a batch. `idle_seconds`: a worker without an event is ended then; Lambda keeps an environment for minutes,
    here an idle one is memory of the laptop's. `most_workers` are held by this machine, however many executions the
    account may have, which is `most_executions`.
    """

    retry_seconds: tuple[float, ...] = (60, 120)
    batch_retry_seconds: float = 0.5
    idle_seconds: float = 300
    most_workers: int = 64
    most_executions: int = 1000


@dataclass(frozen=True)
class EndpointSettings:
    """Where the endpoint listens, keeps its files, and finds its warehouse database and services of others.

    `service_folders`: their subfolders become packages of `local_aws`, as if they lay in it. Every
    `time_to_live_interval_seconds` DynamoDB deletes the items whose time has come. Alarms are evaluated every
    `alarm_interval_seconds`, or at AWS's own intervals where there are none. A Java that waits for a Spark job, and a
    Python that waits to be forked for one, is ended after `engine_idle_seconds`.

    `replication_capacity_seconds`: how long a serverless replication that has stopped keeps its capacity, and how long
    it then gives it back. Its table statistics go with it ("Limitations for AWS DMS Serverless"); DMS does not document
    when, and by default they can be read for a while.
    """

    host: str
    port: int
    data_directory: Path
    warehouse_dsn: str | None
    service_folders: tuple[str, ...] = ()
    time_to_live_interval_seconds: float = 60
    alarm_interval_seconds: float | None = None
    engine_idle_seconds: float = 600
    replication_capacity_seconds: tuple[float, float] = (20, 8)
    functions: LambdaSettings = LambdaSettings()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def buckets_directory(self) -> Path:
        """One folder per bucket; a key is the path below it."""
        return self.data_directory / "s3"

    @property
    def state_directory(self) -> Path:
        """What must outlive the process and is not an object: the control plane of every service."""
        return self.data_directory / "state"

    @property
    def staging_directory(self) -> Path:
        """Content on its way into a bucket: uploads under way and the parts of multipart uploads."""
        return self.data_directory / "staging"

    @property
    def versions_directory(self) -> Path:
        """Content of the noncurrent versions of versioned buckets."""
        return self.data_directory / "versions"

    @property
    def hashed_directory(self) -> Path:
        """Content of the objects whose keys no path can hold."""
        return self.data_directory / "hashed"

    @property
    def work_directory(self) -> Path:
        """Scratch space of jobs and queries."""
        return self.data_directory / "work"


PREFIX = "LAKEHOUSE_AWS_"


@cache
def endpoint_settings() -> EndpointSettings:
    """The settings in this process's environment, each under its name with the prefix LAKEHOUSE_AWS_."""
    data_directory = _given("DATA_DIRECTORY")
    if not data_directory:
        raise SystemExit(
            "LAKEHOUSE_AWS_DATA_DIRECTORY is not set: name the folder that the endpoint may keep its files in."
        )
    alarm_seconds = _given("ALARM_SECONDS")
    return EndpointSettings(
        host=_given("HOST", "127.0.0.1"),
        port=int(_given("PORT", "4566")),
        data_directory=Path(data_directory).resolve(),
        warehouse_dsn=_given("WAREHOUSE_DSN") or None,
        service_folders=tuple(filter(None, _given("SERVICES").split(os.pathsep))),
        time_to_live_interval_seconds=float(_given("TIME_TO_LIVE_SECONDS", "60")),
        alarm_interval_seconds=float(alarm_seconds) if alarm_seconds else None,
        engine_idle_seconds=float(_given("ENGINE_IDLE_SECONDS", "600")),
        replication_capacity_seconds=_pair(_given("DMS_CAPACITY_SECONDS", "20,8")),
        functions=_lambda_settings(),
    )


def _lambda_settings() -> LambdaSettings:
    default = LambdaSettings()
    retries = _given("LAMBDA_RETRY_SECONDS")
    return LambdaSettings(
        retry_seconds=tuple(float(text) for text in retries.split(",")) if retries else default.retry_seconds,
        batch_retry_seconds=float(_given("LAMBDA_BATCH_RETRY_SECONDS", str(default.batch_retry_seconds))),
        idle_seconds=float(_given("LAMBDA_IDLE_SECONDS", str(default.idle_seconds))),
        most_workers=int(_given("LAMBDA_WORKERS", str(default.most_workers))),
        most_executions=int(_given("LAMBDA_CONCURRENCY", str(default.most_executions))),
    )


def _pair(text: str) -> tuple[float, float]:
    first, second = text.split(",")
    return float(first), float(second)


def _given(name: str, default: str = "") -> str:
    return os.environ.get(f"{PREFIX}{name}") or default
