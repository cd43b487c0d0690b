"""What the endpoint is told by its environment."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ACCOUNT_ID = "123456789012"


@dataclass(frozen=True)
class EndpointSettings:
    """Where the endpoint listens, keeps its files, and finds its warehouse database and services of others.

    `service_folders`: their subfolders become packages of `local_aws`, as if they lay in it. Every
    `time_to_live_interval_seconds` DynamoDB deletes the items whose time has come.
    """

    host: str
    port: int
    data_directory: Path
    warehouse_dsn: str | None
    service_folders: tuple[str, ...] = ()
    time_to_live_interval_seconds: float = 60

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
    def work_directory(self) -> Path:
        """Scratch space of jobs and queries."""
        return self.data_directory / "work"


@cache
def endpoint_settings() -> EndpointSettings:
    data_directory = os.environ.get("LAKEHOUSE_AWS_DATA_DIRECTORY")
    if not data_directory:
        raise SystemExit(
            "LAKEHOUSE_AWS_DATA_DIRECTORY is not set: name the folder that the endpoint may keep its files in."
        )
    return EndpointSettings(
        host=os.environ.get("LAKEHOUSE_AWS_HOST", "127.0.0.1"),
        port=int(os.environ.get("LAKEHOUSE_AWS_PORT", "4566")),
        data_directory=Path(data_directory).resolve(),
        warehouse_dsn=os.environ.get("LAKEHOUSE_WAREHOUSE_DSN"),
        service_folders=tuple(filter(None, os.environ.get("LAKEHOUSE_AWS_SERVICES", "").split(os.pathsep))),
        time_to_live_interval_seconds=float(os.environ.get("LAKEHOUSE_TIME_TO_LIVE_SECONDS", "60")),
    )
