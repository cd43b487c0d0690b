"""`python -m deployment bundle` builds what MWAA and Glue take."""

import typer

from deployment.bundle import BUNDLE, build_bundle

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def _commands() -> None:
    """Bring the lakehouse to AWS."""


@app.command()
def bundle() -> None:
    """Build the files that MWAA and Glue take."""
    for file in build_bundle():
        typer.echo(f"{file.stat().st_size:>9,}  {file.relative_to(BUNDLE.parents[1])}")


if __name__ == "__main__":
    app()
