"""`python -m deployment bundle` builds what MWAA and Glue take, `python -m deployment deploy` brings all to AWS."""

import sys
from typing import Annotated

import boto3
import typer
from rich.console import Console

from deployment.bundle import BUNDLE, build_bundle
from deployment.deploy import Deployment
from deployment.environments import load_environment
from deployment.errors import DeploymentError, explained_errors
from deployment.terminal import ConsoleTerminal

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _commands() -> None:
    """Bring the lakehouse to AWS."""


@app.command()
def bundle() -> None:
    """Build the files that MWAA and Glue take."""
    for file in build_bundle():
        typer.echo(f"{file.stat().st_size:>9,}  {file.relative_to(BUNDLE.parents[1])}")


@app.command()
def deploy(
    *,
    environment: Annotated[str, typer.Option(help="A file of infra/environments/ without its ending.")],
    region: Annotated[str | None, typer.Option(help="Instead of the region in that file.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Apply every change without asking.")] = False,
) -> None:
    """Create or update everything in an AWS account; safe to repeat."""
    chosen = load_environment(environment, region)
    terminal = ConsoleTerminal(is_agreeable=yes)
    with explained_errors(chosen.region):
        session = boto3.session.Session(region_name=chosen.region)
        identity = session.client("sts").get_caller_identity()
        terminal.line(f"Environment {chosen.name}, account {identity['Account']}, region {chosen.region}")
        outputs = Deployment(chosen, session, terminal).run()
    for name in ("AirflowWebserverUrl", "MetricsDashboardUrl"):
        terminal.line(f"{name}: {outputs[name]}")


def main() -> None:
    """Run the command line; what a person can mend is one sentence on stderr and exit code 1."""
    try:
        app()
    except DeploymentError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
