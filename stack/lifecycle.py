"""Start and stop of the whole stack."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from deployment.errors import DeploymentError
from stack import airflow, aws, docdb, market_data, ports, postgres, preflight, site, trades
from stack.cloudformation import Outputs, deploy, is_deployed, outputs
from stack.credentials import Credentials, load_credentials
from stack.errors import StackError
from stack.files import last_lines, remove_folder
from stack.health import Check, Findings, checks, examine
from stack.healthy import AIRFLOW_COMPONENTS
from stack.mending import Mender, read_records
from stack.secrets import SOURCE_DATABASE, WAREHOUSE_DATABASE, put_feed_token
from stack.settings import StackSettings
from stack.supervision import ProcessState, Program, Supervisor
from stack.waiting import wait_until

Report = Callable[[str], None]
Work = Callable[[], None]

_START_TIMEOUT_SECONDS = 300
_SECONDS_BETWEEN_LOOKS = 1


class Stack:
    """One stack whose processes supervisord keeps up on this machine."""

    stop_command = "make down"

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        self.supervisor = Supervisor(settings)

    def up(self, report: Report, meanwhile: Work | None = None) -> None:
        """Start what does not run, restart what does not do its work, and wait until all is healthy.

        `meanwhile` is called as soon as the databases and the endpoint are there, while Airflow starts. Raises
        StackError; what a failed first start has started is stopped again.
        """
        if preflight.is_used(self.settings.home):
            preflight.check_layout(self.settings.home)
        was_running = self.supervisor.is_running()
        if not was_running:
            self.supervisor.stop()
            preflight.check(self.settings)
        try:
            self._start(report, meanwhile, is_first=not was_running)
        except BaseException:
            if not was_running:
                self.supervisor.stop()
            raise

    def down(self) -> None:
        self.supervisor.stop()

    def clean(self) -> None:
        """Stop everything and remove the state folder. Raises StackError for a folder that is not a stack's."""
        self.down()
        home = self.settings.home
        if not home.exists():
            return
        preflight.check_home(home)
        remove_folder(home)

    def require_running(self) -> None:
        if not self.supervisor.is_running():
            raise StackError("The stack is not running: start it with `lakehouse up`.")

    def processes(self) -> list[ProcessState]:
        return self.supervisor.states()

    @property
    def command_line(self) -> str:
        return "uv run lakehouse" if shutil.which("uv") else ".venv/bin/lakehouse"

    @property
    def credentials(self) -> Credentials:
        return load_credentials(self.settings.home)

    def postgres_dsn(self, database: str | None = None) -> str:
        """URL of a database of the PostgreSQL server; without a name, of its maintenance database."""
        if self.settings.postgres_dsn is None:
            server = postgres.dsn(self.settings.postgres_port, self.credentials.postgres_password)
        else:
            server = self.settings.postgres_dsn
        return urlunsplit(urlsplit(server)._replace(path=f"/{database}")) if database else server

    @property
    def mongo_uri(self) -> str:
        return self.settings.mongo_uri or docdb.uri(self.settings.docdb_port)

    def set_up(self, report: Report) -> Outputs:
        """Create the databases, deploy the template and make Airflow's metadata, as far as they are not there.

        Waits for the database servers and the endpoint. Returns the outputs of the CloudFormation stack.
        """
        with ThreadPoolExecutor() as background:
            with _timed("Databases started", report):
                self._wait("postgres", lambda: postgres.is_ready(self.postgres_dsn()))
                databases = [SOURCE_DATABASE, WAREHOUSE_DATABASE, airflow.METADATA_DATABASE]
                postgres.create_databases(self.postgres_dsn(), databases)
                postgres.close_databases(self.postgres_dsn(), [SOURCE_DATABASE, airflow.METADATA_DATABASE])
                self._wait("docdb", lambda: docdb.is_ready(self.mongo_uri))
            migration = background.submit(self._migrate_airflow)
            with _timed("AWS endpoint started", report):
                self._wait("aws", lambda: aws.is_ready(self.settings))
                self._wait("market-data-api", lambda: market_data.is_ready(self.settings))
            if is_deployed(self.settings):
                preflight.check_layout(self.settings.home)
            else:
                preflight.remember_layout(self.settings.home)
            with _timed("CloudFormation stack deployed", report):
                stack_outputs = deploy(self.settings, self.postgres_dsn(), self.mongo_uri)
                market_data.put_watchlist(self.settings, stack_outputs["LakeBucket"])
                put_feed_token(aws.client("secretsmanager", self.settings), self.credentials.trade_feed_token)
            with _timed("Airflow database migrated", report):
                migration.result()
        return stack_outputs

    def program(self, name: str) -> Program:
        """The endpoint, the market data API, the trade feed or a process of Airflow on the deployed stack.

        Raises StackError for another name.
        """
        if name == "aws":
            return aws.program(self.settings, self.postgres_dsn())
        if name == "market-data-api":
            return market_data.program(self.settings, self.credentials)
        if name == trades.FEED:
            return trades.feed_program(self.settings, self.credentials)
        if name not in AIRFLOW_COMPONENTS:
            names = ", ".join(["aws", *AIRFLOW_COMPONENTS, "market-data-api", trades.FEED])
            raise StackError(f"There is no process {name}: the processes are {names}.")
        programs = self._airflow_programs(outputs(self.settings))
        return next(program for program in programs if program.name == name)

    def examine(self) -> Findings:
        """What a write and a read by each process say at this moment."""
        return examine(self._checks(), [process.name for process in self.processes()])

    def begin_trades(self, symbols: list[str]) -> None:
        """Start the trade feed and the producer, and wait until the feed has its subscriptions."""
        is_ours = trades.FEED in {process.name for process in self.processes() if process.is_running}
        if not is_ours and not ports.is_free(self.settings.trade_feed_port):
            port = self.settings.trade_feed_port
            raise StackError(f"Port {port} is taken: set LAKEHOUSE_TRADE_FEED_PORT to a free one.")
        self.supervisor.apply(trades.FEED, [trades.feed_program(self.settings, self.credentials)])
        self._wait(trades.FEED, lambda: trades.is_ready(self.settings))
        deployed = outputs(self.settings)
        role, stream = deployed["ProducerRoleName"], deployed["TradesStreamName"]
        self.supervisor.apply(trades.PRODUCER, [trades.producer_program(self.settings, role, stream, symbols)])
        feed = trades.FeedClient(self.settings, self.credentials)
        self._wait(trades.PRODUCER, lambda: feed.counts()["subscribed"] == sorted(symbols))

    def end_trades(self) -> None:
        """Stop the producer, which puts what it has first, then the feed."""
        self.supervisor.remove(trades.PRODUCER)
        self.supervisor.remove(trades.FEED)

    def restart_stories(self) -> dict[str, str]:
        """What was restarted because it did not do its work, and why, by program."""
        records = read_records(self.settings.health_file)
        return {program: record.story for program, record in records.items() if record.story}

    def mender(self) -> Mender:
        """What looks after the processes of this stack."""
        return Mender(self.supervisor, self._checks(), self.settings.health_file)

    def _checks(self) -> list[Check]:
        return checks(self.settings, self.postgres_dsn(airflow.METADATA_DATABASE), self.mongo_uri)

    def _mend(self, report: Report) -> None:
        """Restart what was healthy and is not any more, also what the watcher has given up."""
        mender = self.mender()
        mender.forget_restarts()
        for _ in range(max(check.patience for check in self._checks())):
            if not mender.look().problems:
                break
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        for program, story in self.restart_stories().items():
            report(f"{program}: {story}")

    def _start(self, report: Report, meanwhile: Work | None, *, is_first: bool) -> None:
        if self.settings.postgres_dsn is None:
            with _timed("PostgreSQL initialised", report):
                postgres.initialise(self.settings.postgres_directory, self.credentials.postgres_password)
        self.supervisor.start()
        self.supervisor.apply("services", self._services())
        if is_first:
            self.settings.health_file.unlink(missing_ok=True)
        else:
            self._mend(report)
        with ThreadPoolExecutor() as background:
            pages = background.submit(site.build, self.settings)
            stack_outputs = self.set_up(report)
            with _timed("Airflow started", report):
                self.supervisor.apply("airflow", self._airflow_programs(stack_outputs))
                if meanwhile:
                    meanwhile()
                self.wait_for_airflow()
            self.put_site(stack_outputs, report, pages.result)
        self.supervisor.apply("watcher", [self._watcher()])

    def put_site(self, stack_outputs: Outputs, report: Report, build: Callable[[], Path] | None = None) -> None:
        """Bring the dashboard's pages to the endpoint; where they cannot be built, say so: everything else runs."""
        try:
            with _timed("Dashboard's pages ready", report):
                site.put(self.settings, stack_outputs, build() if build else site.build(self.settings))
            report(f"Dashboard: {stack_outputs['DashboardUrl']}")
        except DeploymentError as error:
            report(str(error))

    def wait_for_airflow(self) -> None:
        self._wait("airflow-api-server", lambda: airflow.is_ready(self.settings))

    def _services(self) -> Iterator[Program]:
        settings = self.settings
        if settings.postgres_dsn is None:
            command = postgres.command(settings.postgres_directory, settings.postgres_port)
            yield Program("postgres", command, stop_signal="INT")
        if settings.mongo_uri is None:
            yield Program("docdb", docdb.command(settings.home / "docdb", settings.docdb_port))
        yield aws.program(settings, self.postgres_dsn())
        yield market_data.program(settings, self.credentials)

    def _watcher(self) -> Program:
        return Program("watcher", [sys.executable, "-m", "stack.watch"], self.settings.environment)

    def _airflow_environment(self) -> dict[str, str]:
        return airflow.environment(self.settings, self.credentials, self.postgres_dsn(airflow.METADATA_DATABASE))

    def _airflow_programs(self, stack_outputs: Outputs) -> list[Program]:
        environment = self._airflow_environment() | airflow.dag_environment(
            self.settings, stack_outputs, market_data.connection(self.settings, self.credentials)
        )
        return airflow.programs(self.settings, environment)

    def _migrate_airflow(self) -> None:
        airflow.migrate(self._airflow_environment(), self.settings.logs_directory / "airflow-migrate.log")

    def _wait(self, program: str, is_ready: Callable[[], bool]) -> None:
        """Wait for health, or raise StackError as soon as the program has given up."""

        def is_ready_or_failed() -> bool:
            failed = [state.name for state in self.supervisor.states() if state.is_given_up]
            if failed:
                log = self.settings.logs_directory / f"{failed[0]}.log"
                raise StackError(f"{failed[0]} does not start: {' '.join(last_lines(log, 1))} (see {log})")
            return is_ready()

        wait_until(is_ready_or_failed, program, _START_TIMEOUT_SECONDS)


@contextmanager
def _timed(done: str, report: Report) -> Iterator[None]:
    start = time.monotonic()
    yield
    report(f"{done} ({time.monotonic() - start:.1f} s)")
