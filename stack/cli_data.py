"""Commands that read what the lakehouse holds."""

import csv
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from lakehouse_contract.reports import PIPELINES
from stack import aws
from stack.cli_context import console, print_line, running_stack
from stack.errors import StackError
from stack.queries import QueryResult, query_athena, query_redshift
from stack.reports import REPORTS_DAG, check_pipelines, report_url, save_report
from stack.runs import ROLLBACK_DAG, explain_failure, trigger, watch
from stack.tables import fitting_table
from stack.versions import check_rollback, list_versions, published_version

s3_app = typer.Typer(help="Objects of the lake.", no_args_is_help=True)


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Sql = Annotated[str, typer.Argument(help="One statement.")]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How the rows are printed.")]


def query(sql: Sql, *, output: OutputOption = Output.TABLE) -> None:
    """Run a statement in Athena."""
    _print_result(query_athena(running_stack().settings, sql), output)


def redshift(sql: Sql, *, output: OutputOption = Output.TABLE) -> None:
    """Run a statement in Redshift, through its Data API."""
    _print_result(query_redshift(running_stack().settings, sql), output)


@s3_app.command("ls")
def list_objects(
    url: Annotated[str, typer.Argument(help="s3://bucket/prefix; nothing lists the buckets.")] = "",
    *,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Also what lies in folders.")] = False,
) -> None:
    """List buckets, or the objects and folders below a URL."""
    s3 = aws.client("s3", running_stack().settings)
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    if not bucket:
        for item in s3.list_buckets()["Buckets"]:
            print_line(f"s3://{item['Name']}/")
        return
    if bucket not in (item["Name"] for item in s3.list_buckets()["Buckets"]):
        raise StackError(f"There is no bucket {bucket}: `lakehouse s3 ls` lists the buckets.")
    folders = {} if recursive else {"Delimiter": "/"}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **folders)
    for page in pages:
        for folder in page.get("CommonPrefixes", []):
            print_line(f"{'':>12}  s3://{bucket}/{folder['Prefix']}")
        for item in page.get("Contents", []):
            print_line(f"{item['Size']:>12}  s3://{bucket}/{item['Key']}")


def report(
    pipelines: Annotated[list[str] | None, typer.Argument(help="All of them by default.", show_default=False)] = None,
    *,
    out: Annotated[Path | None, typer.Option(help="Keep the pages in this folder, too.", show_default=False)] = None,
) -> None:
    """Make the pages of pictures anew, of what is published at this moment, and print their addresses."""
    chosen = check_pipelines(pipelines or PIPELINES)
    settings = running_stack().settings
    run = watch(settings, REPORTS_DAG, trigger(settings, REPORTS_DAG, {"pipelines": chosen}), console)
    if not run.is_successful:
        explain_failure(settings, run, console)
        raise StackError("Not every report was made.")
    for pipeline in chosen:
        print_line(report_url(settings, pipeline))
        if out:
            print_line(str(save_report(settings, pipeline, out)))


def versions() -> None:
    """List the published versions of the star schema, the newest first."""
    table = Table("Version", "Written", "Facts", "Published")
    table.columns[0].no_wrap = True
    for version in list_versions(running_stack().settings):
        published = "yes" if version.is_published else ""
        table.add_row(version.tag, f"{version.written_at:%Y-%m-%d %H:%M:%S}", str(version.fact_rows), published)
    console.print(table)


def rollback(
    tag: Annotated[str, typer.Argument(help="By default the version that was published before.")] = "",
) -> None:
    """Publish an earlier version again."""
    settings = running_stack().settings
    check_rollback(settings, tag)
    run = watch(settings, ROLLBACK_DAG, trigger(settings, ROLLBACK_DAG, {"tag": tag}), console)
    if not run.is_successful:
        explain_failure(settings, run, console)
        raise StackError("The rollback failed.")
    print_line(f"{published_version(settings)} is published.")


def _print_result(result: QueryResult, output: Output) -> None:
    if output is Output.TABLE:
        console.print(fitting_table(result, console))
    elif output is Output.CSV:
        csv.writer(sys.stdout).writerows([result.columns, *result.rows])
    else:
        rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
