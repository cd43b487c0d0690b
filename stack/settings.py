"""Where the stack keeps its files and listens, as its environment says."""

import os
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

HOST = "127.0.0.1"
REGION = "us-east-1"
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class StackSettings:
    """One stack: its state folder, its ports, and the servers that replace embedded ones."""

    home: Path
    aws_port: int = 4566
    airflow_port: int = 8080
    postgres_port: int = 15432
    docdb_port: int = 27117
    postgres_dsn: str | None = None
    mongo_uri: str | None = None
    dags_directory: Path = REPOSITORY / "dags"

    @classmethod
    def from_environment(cls) -> "StackSettings":
        """Raises StackError for a port that is not a number."""
        return cls(
            home=Path(os.environ.get("LAKEHOUSE_HOME") or REPOSITORY / ".lakehouse").resolve(),
            aws_port=_port("LAKEHOUSE_AWS_PORT", cls.aws_port),
            airflow_port=_port("LAKEHOUSE_AIRFLOW_PORT", cls.airflow_port),
            postgres_port=_port("LAKEHOUSE_POSTGRES_PORT", cls.postgres_port),
            docdb_port=_port("LAKEHOUSE_DOCDB_PORT", cls.docdb_port),
            postgres_dsn=os.environ.get("LAKEHOUSE_POSTGRES_DSN") or None,
            mongo_uri=os.environ.get("LAKEHOUSE_MONGO_URI") or None,
        )

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.aws_port}"

    @property
    def airflow_url(self) -> str:
        return f"http://{HOST}:{self.airflow_port}"

    @property
    def addresses(self) -> dict[str, str]:
        """Where each process that listens can be reached, by its name."""
        return {
            "aws": self.aws_url,
            "airflow-api-server": self.airflow_url,
            "postgres": f"{HOST}:{self.postgres_port}",
            "docdb": f"{HOST}:{self.docdb_port}",
        }

    @property
    def logs_directory(self) -> Path:
        return self.home / "logs"

    @property
    def run_directory(self) -> Path:
        """Supervisor's configuration and the pid files of what it started."""
        return self.home / "run"

    @property
    def postgres_directory(self) -> Path:
        return self.home / "postgres"

    @property
    def embedded_ports(self) -> dict[str, int]:
        """The ports that this stack listens on, by the variable that sets them."""
        ports = {"LAKEHOUSE_AWS_PORT": self.aws_port, "LAKEHOUSE_AIRFLOW_PORT": self.airflow_port}
        if self.postgres_dsn is None:
            ports["LAKEHOUSE_POSTGRES_PORT"] = self.postgres_port
        if self.mongo_uri is None:
            ports["LAKEHOUSE_DOCDB_PORT"] = self.docdb_port
        return ports


def _port(variable: str, default: int) -> int:
    value = os.environ.get(variable) or str(default)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise StackError(f"{variable} is {value!r}: set it to a port number from 1 to 65535.")
    return int(value)
