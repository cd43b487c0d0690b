"""The command line `lakehouse`."""

import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import botocore.exceptions
import psycopg2
import pymongo.errors
import typer
from rich.console import Console
from rich.table import Table

from stack import cli_arrivals, cli_data, cli_market_data, cli_sales, cli_trades
from stack.cli_context import console, print_line, running_stack, stack
from stack.cloudformation import deploy as deploy_template
from stack.demo import PIPELINES, parse_pipelines, run_demo, seed_sources
from stack.errors import StackError
from stack.logs import show_logs
from stack.runs import DAILY_DAG, finish, trigger
from stack.seed.size import SeedSize

app = typer.Typer(
    help="The financial lakehouse on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_data.s3_app, name="s3")
app.add_typer(cli_arrivals.arrivals_app, name="arrivals")
app.add_typer(cli_sales.sales_app, name="sales")
app.add_typer(cli_market_data.market_data_app, name="market-data")
app.add_typer(cli_trades.trades_app, name="trades")
app.command("query")(cli_data.query)
app.command("redshift")(cli_data.redshift)
app.command("report")(cli_data.report)
app.command("versions")(cli_data.versions)
app.command("rollback")(cli_data.rollback)

Scale = Annotated[float, typer.Option(min=0.01, help="1 is 100,000 transactions.")]
_LARGEST_SCALE = 10_000
_FIRST_YEAR = 1970
_CONTEXT = 20

AsOf = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day after the last transaction.")]


@app.command()
def up() -> None:
    """Start the stack and wait until it is healthy."""
    stack().up(print_line)


@app.command()
def down() -> None:
    """Stop every process of the stack; its data stays."""
    stack().down()


@app.command()
def clean() -> None:
    """Stop the stack and remove its data."""
    stack().clean()


@app.command()
def status() -> None:
    """Show the processes of the stack. Exits with 1 unless all of them run and do their work."""
    named = running_stack()
    table = Table("Process", "State", "Health", "Pid", "Uptime", "Address")
    states = named.processes()
    findings = named.examine()
    for process in states:
        uptime = f"{process.uptime_seconds // 60} min {process.uptime_seconds % 60} s" if process.pid else ""
        table.add_row(
            process.name,
            process.state.lower(),
            findings.describe(process.name) if process.is_running else "",
            str(process.pid or ""),
            uptime,
            named.settings.addresses.get(process.name, ""),
        )
    console.print(table)
    for program, story in named.restart_stories().items():
        print_line(f"{program}: {story}")
    if findings.problems or not all(process.is_running for process in states):
        raise typer.Exit(1)


@app.command()
def logs(
    process: Annotated[
        str | None, typer.Argument(help="A process as `status` names it; all of them by default.")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines from the end.")] = 20,
) -> None:
    """Show the logs of the processes."""
    show_logs(stack().settings.logs_directory, process, lines, follow=follow)


@app.command("set-up")
def set_up() -> None:
    """Make what the processes need: databases, the CloudFormation stack, Airflow's metadata. For containers."""
    named = stack()
    named.put_site(named.set_up(print_line), print_line)


@app.command()
def run(process: Annotated[str, typer.Argument(help="A process as `status` names it.")]) -> None:
    """Be one process of the stack, in the foreground. For containers."""
    program = stack().program(process)
    os.execvpe(program.command[0], program.command, os.environ | program.environment)  # noqa: S606 - no shell


@app.command()
def deploy() -> None:
    """Bring the CloudFormation template and the Glue scripts to the endpoint."""
    named = running_stack()
    for name, value in deploy_template(named.settings, named.postgres_dsn(), named.mongo_uri).items():
        print_line(f"{name}: {value}")


@app.command()
def seed(*, scale: Scale = 1, as_of: AsOf = None) -> None:
    """Fill the source databases with generated data; what they held is replaced."""
    size = _size(scale, as_of)
    seed_sources(running_stack(), size, console)


@app.command("trigger")
def trigger_dag(
    dag: Annotated[str, typer.Argument()] = DAILY_DAG,
    *,
    wait: Annotated[bool, typer.Option(help="Show the tasks until the run ends; exit with 1 if it fails.")] = False,
    param: Annotated[
        list[str] | None, typer.Option(help="A parameter of the DAG, as name=value; may be repeated.")
    ] = None,
) -> None:
    """Start a run of a DAG."""
    settings = running_stack().settings
    run_id = trigger(settings, dag, _parameters(param or []))
    print_line(f"{settings.airflow_url_on_host}/dags/{dag}/runs/{run_id}")
    if wait:
        finish(settings, dag, run_id, console)


@app.command()
def demo(
    *,
    scale: Scale = 1,
    as_of: AsOf = None,
    pipelines: Annotated[str, typer.Option(help="Some of them, separated by commas.")] = ",".join(PIPELINES),
) -> None:
    """Start the stack, fill the sources, run the pipelines and show what each has brought."""
    run_demo(stack(), _size(scale, as_of), console, parse_pipelines(pipelines))


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = [parameter.partition("=") for parameter in given]
    wrong = [name for name, separator, _ in pairs if not (name and separator)]
    if wrong:
        raise StackError(f"{wrong[0]!r} is no parameter: write it as name=value.")
    return {name: value for name, _, value in pairs}


def _size(scale: float, as_of: datetime | None) -> SeedSize:
    if not scale <= _LARGEST_SCALE:
        raise StackError(f"--scale is {scale:g}: set it to a number from 0.01 to {_LARGEST_SCALE:,}.")
    if as_of and as_of.year < _FIRST_YEAR:
        raise StackError(f"--as-of {as_of.date()} is too early: take a day from {_FIRST_YEAR} on.")
    return SeedSize(scale, (as_of or datetime.now(UTC)).date())


def main() -> None:
    """Run the command line; what a person can mend is one sentence on stderr and exit code 1."""
    try:
        app()
    except StackError as error:
        message = str(error)
    except botocore.exceptions.ClientError as error:
        message = error.response["Error"]["Message"]
    except (botocore.exceptions.BotoCoreError, psycopg2.Error, pymongo.errors.PyMongoError) as error:
        message = " ".join(str(error).split())
    except UnicodeEncodeError as error:
        near = error.object[max(0, error.start - _CONTEXT) : error.end + _CONTEXT].split("\n")[0]
        message = f"An argument or a setting holds a byte that is no UTF-8, near {near}: write it in UTF-8."
    except BrokenPipeError:
        # Who reads the output has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        message = f"{error.filename or 'The system'}: {error.strerror or error}."
    else:
        return
    Console(stderr=True).print(_printable(message), style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)


def _printable(text: str) -> str:
    """An argument's bytes that are no UTF-8 come from the operating system as half characters, which no file takes."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
