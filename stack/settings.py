"""Where the stack keeps its files and listens, as its environment says."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stack.errors import StackError

HOST = "127.0.0.1"
_ALL_INTERFACES = "0.0.0.0"  # noqa: S104 - inside a container
# Of ECS, in the network of the containers (docker-compose.yaml); the SDKs refuse other hosts without TLS.
_CREDENTIALS_HOST = "169.254.170.2"
REGION = "us-east-1"
REPOSITORY = Path(__file__).resolve().parent.parent
# What tells the pipeline of arrived files: a sensor in every run, or S3's notifications by a queue.
WAYS_OF_ARRIVAL = ("sensor", "queue")


@dataclass(frozen=True)
class StackSettings:
    """One stack: its state folder, its ports, and the servers that replace embedded ones."""

    home: Path
    aws_port: int = 4566
    airflow_port: int = 8080
    postgres_port: int = 15432
    docdb_port: int = 27117
    market_data_port: int = 8090
    trade_feed_port: int = 8091
    postgres_dsn: str | None = None
    mongo_uri: str | None = None
    aws_server: str | None = None
    airflow_server: str | None = None
    market_data_server: str | None = None
    trade_feed_server: str | None = None
    arrivals: str = "sensor"
    dags_directory: Path = REPOSITORY / "dags"

    @classmethod
    def from_environment(cls) -> "StackSettings":
        """Raises StackError for a value that the stack cannot have."""
        return cls(
            home=Path(os.environ.get("LAKEHOUSE_HOME") or REPOSITORY / ".lakehouse").resolve(),
            aws_port=_port("LAKEHOUSE_AWS_PORT", cls.aws_port),
            airflow_port=_port("LAKEHOUSE_AIRFLOW_PORT", cls.airflow_port),
            postgres_port=_port("LAKEHOUSE_POSTGRES_PORT", cls.postgres_port),
            docdb_port=_port("LAKEHOUSE_DOCDB_PORT", cls.docdb_port),
            market_data_port=_port("LAKEHOUSE_MARKET_DATA_PORT", cls.market_data_port),
            trade_feed_port=_port("LAKEHOUSE_TRADE_FEED_PORT", cls.trade_feed_port),
            postgres_dsn=os.environ.get("LAKEHOUSE_POSTGRES_DSN") or None,
            mongo_uri=os.environ.get("LAKEHOUSE_MONGO_URI") or None,
            aws_server=_url("LAKEHOUSE_AWS_URL"),
            airflow_server=_url("LAKEHOUSE_AIRFLOW_URL"),
            market_data_server=_url("LAKEHOUSE_MARKET_DATA_URL"),
            trade_feed_server=_url("LAKEHOUSE_FINNHUB_URL"),
            arrivals=_arrivals(),
        )

    @property
    def aws_url(self) -> str:
        """The AWS endpoint, for the processes of the stack."""
        return self.aws_server or self.aws_url_on_host

    @property
    def credentials_url(self) -> str:
        """Where processes get the credentials of their roles: at an address that the SDKs take over plain HTTP."""
        if self.aws_server is None:
            return self.aws_url_on_host
        return f"http://{_CREDENTIALS_HOST}:{urlsplit(self.aws_server).port}"

    @property
    def aws_url_on_host(self) -> str:
        """The AWS endpoint, for the people at this machine: their browser and their tools."""
        return f"http://{HOST}:{self.aws_port}"

    @property
    def airflow_url(self) -> str:
        """Airflow's API, for the processes of the stack."""
        return self.airflow_server or self.airflow_url_on_host

    @property
    def airflow_url_on_host(self) -> str:
        """Airflow's pages, for the people at this machine."""
        return f"http://{HOST}:{self.airflow_port}"

    @property
    def market_data_url(self) -> str:
        """The market data API, for the processes of the stack."""
        return self.market_data_server or f"http://{HOST}:{self.market_data_port}"

    @property
    def trade_feed_url(self) -> str:
        """The trade feed's websocket, for the processes of the stack."""
        return self.trade_feed_server or f"ws://{HOST}:{self.trade_feed_port}"

    @property
    def trade_feed_api_url(self) -> str:
        """What the trade feed has beside its websocket: its health and its administration."""
        return f"http{self.trade_feed_url.removeprefix('ws')}"

    @property
    def aws_listener(self) -> tuple[str, int]:
        """Host and port that the endpoint binds."""
        return _listener(self.aws_server, self.aws_port)

    @property
    def airflow_listener(self) -> tuple[str, int]:
        """Host and port that Airflow's API server binds."""
        return _listener(self.airflow_server, self.airflow_port)

    @property
    def market_data_listener(self) -> tuple[str, int]:
        """Host and port that the market data API binds."""
        return _listener(self.market_data_server, self.market_data_port)

    @property
    def trade_feed_listener(self) -> tuple[str, int]:
        """Host and port that the trade feed binds."""
        return _listener(self.trade_feed_server, self.trade_feed_port)

    @property
    def addresses(self) -> dict[str, str]:
        """Where each process that listens can be reached, by its name."""
        return {
            "aws": self.aws_url_on_host,
            "airflow-api-server": self.airflow_url_on_host,
            "postgres": f"{HOST}:{self.postgres_port}",
            "docdb": f"{HOST}:{self.docdb_port}",
            "market-data-api": f"http://{HOST}:{self.market_data_port}",
            "trade-feed": f"ws://{HOST}:{self.trade_feed_port}",
        }

    @property
    def logs_directory(self) -> Path:
        return self.home / "logs"

    @property
    def run_directory(self) -> Path:
        """Supervisor's configuration and socket."""
        return self.home / "run"

    @property
    def health_file(self) -> Path:
        """What the watcher knows of the other processes."""
        return self.run_directory / "health.json"

    @property
    def heartbeat_file(self) -> Path:
        """What the producer of trades touches while it works."""
        return self.run_directory / "trade-producer.heartbeat"

    @property
    def postgres_directory(self) -> Path:
        return self.home / "postgres"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name this stack to a process that it starts."""
        servers = {"LAKEHOUSE_POSTGRES_DSN": self.postgres_dsn, "LAKEHOUSE_MONGO_URI": self.mongo_uri}
        return {
            "LAKEHOUSE_HOME": str(self.home),
            "LAKEHOUSE_AWS_PORT": str(self.aws_port),
            "LAKEHOUSE_AIRFLOW_PORT": str(self.airflow_port),
            "LAKEHOUSE_POSTGRES_PORT": str(self.postgres_port),
            "LAKEHOUSE_DOCDB_PORT": str(self.docdb_port),
            "LAKEHOUSE_MARKET_DATA_PORT": str(self.market_data_port),
            "LAKEHOUSE_TRADE_FEED_PORT": str(self.trade_feed_port),
            **{name: server for name, server in servers.items() if server},
        }

    @property
    def embedded_ports(self) -> dict[str, int]:
        """The ports that this stack listens on, by the variable that sets them."""
        ports = {
            "LAKEHOUSE_AWS_PORT": self.aws_port,
            "LAKEHOUSE_AIRFLOW_PORT": self.airflow_port,
            "LAKEHOUSE_MARKET_DATA_PORT": self.market_data_port,
        }
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


def _arrivals() -> str:
    value = os.environ.get("LAKEHOUSE_ARRIVALS") or WAYS_OF_ARRIVAL[0]
    if value not in WAYS_OF_ARRIVAL:
        raise StackError(f"LAKEHOUSE_ARRIVALS is {value!r}: set it to {' or '.join(WAYS_OF_ARRIVAL)}.")
    return value


def _url(variable: str) -> str | None:
    value = os.environ.get(variable)
    if value and not _port_of(value):
        raise StackError(f"{variable} is {value!r}: set it to a URL with a port, like http://aws:4566.")
    return value or None


def _port_of(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def _listener(server: str | None, port_on_host: int) -> tuple[str, int]:
    """A server that others name by a URL of its own is in a container, whose network is closed to the outside."""
    port = urlsplit(server).port if server else None
    return (_ALL_INTERFACES, port) if port else (HOST, port_on_host)
