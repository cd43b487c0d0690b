"""What the containers of docker-compose.yaml are told by their environment, and how their health is found out."""

import json
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import yaml
from botocore.utils import ContainerMetadataFetcher

from stack import trades
from stack.acting import environment_of_role
from stack.cli_context import stack
from stack.errors import StackError
from stack.settings import REPOSITORY, StackSettings

HEALTH = json.dumps(
    {
        "metadatabase": {"status": "healthy"},
        "scheduler": {"status": "healthy"},
        "dag_processor": {"status": "unhealthy"},
    }
).encode()


@pytest.fixture
def in_container(monkeypatch, tmp_path):
    for name, value in {
        "LAKEHOUSE_HOME": str(tmp_path),
        "LAKEHOUSE_AWS_URL": "http://aws:4566",
        "LAKEHOUSE_AWS_PORT": "14566",
        "LAKEHOUSE_AIRFLOW_URL": "http://airflow-api-server:8080",
        "LAKEHOUSE_AIRFLOW_PORT": "18080",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def airflow_url():
    """A server that answers as Airflow's health page does."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(HEALTH)

        def log_message(self, *_) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Health)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def health_check(process: str, airflow_url: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "stack.healthy", process]
    environment = {"LAKEHOUSE_AIRFLOW_URL": airflow_url}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_people_and_processes_have_addresses_of_their_own(in_container):
    settings = StackSettings.from_environment()
    assert (settings.aws_url, settings.aws_url_on_host) == ("http://aws:4566", "http://127.0.0.1:14566")
    assert settings.airflow_url_on_host == "http://127.0.0.1:18080"
    assert settings.airflow_listener == ("0.0.0.0", 8080)  # noqa: S104 - inside a container


def test_containers_get_credentials_where_the_sdks_take_them_over_plain_http(in_container):
    settings = StackSettings.from_environment()
    services = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text())["services"]
    assert services["aws"]["networks"]["credentials"]["ipv4_address"] == ContainerMetadataFetcher.IP_ADDRESS
    role, service = "lakehouse-trades-producer-us-east-1", "ecs-tasks.amazonaws.com"
    environment = environment_of_role(settings, role, trades.PRODUCER, service)
    assert environment.items() & services["trade-producer"]["environment"].items() == {
        ("AWS_ENDPOINT_URL", "http://aws:4566"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            f"http://{ContainerMetadataFetcher.IP_ADDRESS}:4566/_lakehouse/credentials/{role}/{trades.PRODUCER}"
            f"?service={service}",
        ),
    }


def test_without_containers_the_servers_listen_on_loopback_only(tmp_path):
    assert StackSettings(tmp_path, aws_port=1234).aws_listener == ("127.0.0.1", 1234)


def test_an_address_without_a_port_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_AWS_URL", "http://aws")
    with pytest.raises(StackError, match="LAKEHOUSE_AWS_URL is 'http://aws': set it to a URL with a port"):
        StackSettings.from_environment()


def test_an_unknown_way_of_arrival_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_ARRIVALS", "pigeon")
    with pytest.raises(StackError, match="LAKEHOUSE_ARRIVALS is 'pigeon': set it to sensor or queue"):
        StackSettings.from_environment()


def test_in_containers_down_names_the_command_that_stops_them(in_container):
    with pytest.raises(StackError, match="docker compose down"):
        stack().down()


@pytest.mark.parametrize(
    ("process", "code"), [("airflow-api-server", 0), ("airflow-scheduler", 0), ("airflow-dag-processor", 1)]
)
def test_a_container_is_as_healthy_as_its_process(airflow_url, process, code):
    assert health_check(process, airflow_url).returncode == code


def test_an_endpoint_that_keeps_what_is_written_is_healthy(own_endpoint):
    command = [sys.executable, "-m", "stack.healthy", "aws"]
    for _ in range(2):
        subprocess.run(command, env={"LAKEHOUSE_AWS_URL": own_endpoint.url}, check=True)
    incoming = own_endpoint.data_directory / "staging"
    shutil.rmtree(incoming)
    incoming.write_text("no folder")
    assert subprocess.run(command, env={"LAKEHOUSE_AWS_URL": own_endpoint.url}, check=False).returncode == 1


def test_a_server_that_does_not_answer_is_not_healthy():
    check = health_check("airflow-scheduler", "http://127.0.0.1:1")
    assert (check.returncode, check.stderr.count("\n")) == (1, 1)
