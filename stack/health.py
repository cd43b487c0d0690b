"""Whether the processes of the stack do their work: each is asked for a write and a read, not for a sign of life.

A process can answer and be useless: the document database, for one, goes on after a write has failed on a full disk,
answers pings and refuses everything else until it is started again.
"""

import re
import time
import uuid
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pymongo

from stack.airflow import METADATA_DATABASE
from stack.healthy import AIRFLOW_COMPONENTS, check_airflow, check_endpoint, check_market_data, check_trade_feed
from stack.settings import REPOSITORY, StackSettings

_HEALTH_SQL = REPOSITORY / "sql" / "postgres" / "health.sql"
_TIMEOUT_SECONDS = 10
_DETAILS = re.compile(r", full error: |, Timeout: | \(configured timeouts: ")
_LONGEST_SENTENCE = 100
_OLDEST_HEARTBEAT_SECONDS = 30
# Its answers and heartbeats are late on a busy machine, and a restart of the scheduler costs the tasks that run.
_PATIENCE_WITH_AIRFLOW = 6


@dataclass(frozen=True)
class Check:
    """`run` raises when the program does not do its work; it is not asked while one that it needs fails.

    `patience` is the number of failures in a row that it takes to be restarted. What runs `on_demand` is asked only
    when it runs.
    """

    program: str
    run: Callable[[], None]
    needs: tuple[str, ...] = ()
    patience: int = 3
    on_demand: bool = False


@dataclass(frozen=True)
class Findings:
    """A sentence for each program that fails by itself, and the programs that could not be asked for that."""

    problems: dict[str, str]
    unknown: set[str]

    def describe(self, program: str) -> str:
        return self.problems.get(program) or ("unknown" if program in self.unknown else "healthy")


def checks(settings: StackSettings, metadata_dsn: str, mongo_uri: str) -> list[Check]:
    """One per process; `metadata_dsn` names Airflow's database, which holds the table of the check."""
    airflow = [
        Check(
            program,
            lambda program=program: check_airflow(settings.airflow_url, program),
            ("airflow-api-server",),
            _PATIENCE_WITH_AIRFLOW,
        )
        for program in AIRFLOW_COMPONENTS
        if program != "airflow-api-server"
    ]
    return [
        Check("postgres", lambda: check_postgres(metadata_dsn)),
        Check("docdb", lambda: check_documents(mongo_uri)),
        Check("aws", lambda: check_endpoint(settings.aws_url), ("postgres",)),
        Check("market-data-api", lambda: check_market_data(settings.market_data_url)),
        Check("airflow-api-server", lambda: check_airflow(settings.airflow_url, "airflow-api-server"), ("postgres",)),
        *airflow,
        Check("trade-feed", lambda: check_trade_feed(settings.trade_feed_api_url), on_demand=True),
        Check("trade-producer", lambda: check_heartbeat(settings.heartbeat_file), ("aws",), on_demand=True),
    ]


def examine(all_checks: list[Check], running: Collection[str] = ()) -> Findings:
    """Run the checks, those that others need first; `running` are the programs that supervisord keeps up."""
    problems: dict[str, str] = {}
    unknown: set[str] = set()
    for check in all_checks:
        if check.on_demand and check.program not in running:
            continue
        if not (problems.keys() | unknown).isdisjoint(check.needs):
            unknown.add(check.program)
            continue
        try:
            check.run()
        except Exception as error:
            problems[check.program] = _sentence(error)
    return Findings(problems, unknown)


def _sentence(error: Exception) -> str:
    """What went wrong, without pymongo's account of its settings and the server's whole answer."""
    text = " ".join(str(error).split()) or type(error).__name__
    return _DETAILS.split(text)[0][:_LONGEST_SENTENCE]


def check_postgres(dsn: str) -> None:
    token = uuid.uuid4().hex
    options = f"-c statement_timeout={_TIMEOUT_SECONDS}s"
    with (
        closing(psycopg2.connect(dsn, connect_timeout=_TIMEOUT_SECONDS, options=options)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(_HEALTH_SQL.read_text(), {"token": token})
        _compare(token, cursor.fetchone()[0])


def check_documents(mongo_uri: str) -> None:
    token, milliseconds = uuid.uuid4().hex, _TIMEOUT_SECONDS * 1000
    with pymongo.MongoClient(
        mongo_uri, serverSelectionTimeoutMS=milliseconds, socketTimeoutMS=milliseconds, retryWrites=False
    ) as client:
        collection = client["lakehouse_health"]["checks"]
        collection.replace_one({"_id": METADATA_DATABASE}, {"token": token}, upsert=True)
        _compare(token, collection.find_one({"_id": METADATA_DATABASE})["token"])


def check_heartbeat(file: Path) -> None:
    """Raises ValueError when the file was not touched for a while, OSError when there is none."""
    age = time.time() - file.stat().st_mtime
    if age > _OLDEST_HEARTBEAT_SECONDS:
        raise ValueError(f"its last heartbeat is {age:.0f} seconds old")


def _compare(written: str, read: str) -> None:
    if written != read:
        raise ValueError(f"{written} was written and {read} was read")
