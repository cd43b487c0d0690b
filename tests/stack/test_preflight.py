import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from stack import preflight
from stack.errors import StackError
from stack.lifecycle import Stack
from stack.ports import free_ports
from stack.settings import StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings(tmp_path / "home", *free_ports(5))


def test_free_ports_pass(settings):
    preflight.check_ports(settings)


def test_a_taken_port_is_named_with_the_variable_that_moves_it(settings):
    with socket.socket() as other_program:
        other_program.bind(("127.0.0.1", settings.airflow_port))
        other_program.listen()
        with pytest.raises(StackError, match=f"Port {settings.airflow_port} is taken.*LAKEHOUSE_AIRFLOW_PORT"):
            preflight.check_ports(settings)


def test_a_taken_port_leaves_nothing_started(settings):
    with socket.socket() as other_program:
        other_program.bind(("127.0.0.1", settings.aws_port))
        other_program.listen()
        with pytest.raises(StackError):
            Stack(settings).up(lambda _line: None)
    assert list(settings.home.rglob("*")) == []


def test_ports_of_replaced_databases_may_be_taken(tmp_path):
    aws, airflow, postgres, docdb, market_data = free_ports(5)
    settings = StackSettings(
        tmp_path,
        aws,
        airflow,
        postgres,
        docdb,
        market_data,
        "postgresql://db.example.com/postgres",
        "mongodb://db.example.com",
    )
    with socket.socket() as other_program:
        other_program.bind(("127.0.0.1", postgres))
        other_program.listen()
        preflight.check_ports(settings)


def test_too_little_disk_names_the_folder(settings):
    with pytest.raises(StackError, match=r"home has .* GiB free and the stack needs .*LAKEHOUSE_HOME"):
        preflight.check_disk(settings, needed_bytes=10**18)


@pytest.mark.parametrize("version", [(3, 10), (3, 13)])
def test_an_unsupported_python_is_named(version):
    with pytest.raises(StackError, match=rf"Python 3\.{version[1]} is not supported"):
        preflight.check_python(version)


def test_a_port_that_is_no_number_is_named(monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_AWS_PORT", "http")
    with pytest.raises(StackError, match="LAKEHOUSE_AWS_PORT is 'http'"):
        StackSettings.from_environment()


@pytest.mark.parametrize(
    ("dsn", "sentence"),
    [
        ("host=127.0.0.1 user=lakehouse", "LAKEHOUSE_POSTGRES_DSN is no URL"),
        ("postgresql://lakehouse@127.0.0.1:1/postgres", "The server of LAKEHOUSE_POSTGRES_DSN refuses: .*refused"),
    ],
)
def test_an_own_postgres_that_cannot_be_reached_is_one_sentence(dsn, sentence):
    with pytest.raises(StackError, match=sentence) as raised:
        preflight.check_postgres(dsn)
    assert "\n" not in str(raised.value)


def test_an_own_postgres_that_is_too_old_is_named():
    preflight.check_postgres_version(160014)
    with pytest.raises(StackError, match=r"is PostgreSQL 15, which lacks .* use PostgreSQL 16 or later"):
        preflight.check_postgres_version(150012)


def test_an_own_postgres_with_another_password_says_so(postgres_dsn):
    server = urlsplit(postgres_dsn)
    other = server._replace(netloc=f"lakehouse:other@{server.hostname}:{server.port}")
    with pytest.raises(StackError, match="password authentication failed"):
        preflight.check_postgres(urlunsplit(other))


@pytest.mark.parametrize(
    ("uri", "sentence"), [("mongodb://127.0.0.1:1/", "does not answer"), ("mongodb://a:b@c:d", "is no MongoDB URI")]
)
def test_an_own_document_database_that_cannot_be_reached_is_one_sentence(uri, sentence, monkeypatch):
    monkeypatch.setattr(preflight, "_CONNECT_TIMEOUT_SECONDS", 0.1)
    with pytest.raises(StackError, match=sentence):
        preflight.check_mongo(uri)


def test_a_home_stays_with_the_servers_it_was_started_with(settings, postgres_dsn, mongo_uri):
    settings.home.mkdir()
    preflight.check_servers(settings)
    preflight.check_servers(replace(settings, postgres_port=settings.postgres_port + 1))
    with pytest.raises(StackError, match="was started with other database servers"):
        preflight.check_servers(replace(settings, postgres_dsn=postgres_dsn, mongo_uri=mongo_uri))


def test_what_is_remembered_of_own_servers_has_no_password(settings, postgres_dsn, mongo_uri):
    settings.home.mkdir()
    preflight.check_servers(replace(settings, postgres_dsn=postgres_dsn, mongo_uri=mongo_uri))
    remembered = (settings.home / "servers.json").read_text()
    assert urlsplit(postgres_dsn).password not in remembered
    assert str(urlsplit(postgres_dsn).port) in remembered


def test_a_folder_of_another_version_is_refused_with_the_way_out(settings):
    settings.home.mkdir()
    preflight.check_servers(settings)
    preflight.check_layout(settings.home)
    (settings.home / "layout").unlink()
    with pytest.raises(StackError, match=r"is a stack of another version.*lakehouse clean.*LAKEHOUSE_HOME"):
        Stack(settings).up(lambda _line: None)
