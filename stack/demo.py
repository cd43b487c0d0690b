"""From nothing to a green run, and the proof that the counts are right."""

from collections.abc import Collection

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from lakehouse_contract.branches import run_of
from lakehouse_contract.quality import data_docs_key
from lakehouse_contract.reports import PIPELINES as REPORTED
from stack import site
from stack.cloudformation import outputs
from stack.errors import StackError
from stack.lifecycle import Stack
from stack.market_data_demonstration import begin_market_data, demonstrate_market_data
from stack.queries import query_athena
from stack.reports import made_reports, report_url
from stack.runs import DAILY_DAG, finish, task_table, trigger
from stack.sales.demonstration import begin_sales, demonstrate_sales
from stack.secrets import SOURCE_DATABASE
from stack.seed.load import forget_seed, is_seeded, remember_seed, seed
from stack.seed.size import SeedSize
from stack.settings import REPOSITORY, StackSettings
from stack.stocks.demonstration import demonstrate_arrivals
from stack.tables import result_table
from stack.trade_demonstration import demonstrate_trades
from stack.versions import published_version

_COUNTS_OF_RUN = REPOSITORY / "sql" / "athena" / "audit_reconciliation" / "counts_of_run.sql"
WAREHOUSE, ARRIVALS, MARKET_DATA, SALES = REPORTED
TRADES = "trades"
PIPELINES = (*REPORTED, TRADES)
_TITLES = {
    WAREHOUSE: "Warehouse: the rows of every hop",
    ARRIVALS: "Stock files: prices by month",
    MARKET_DATA: "Market data: prices by sector",
    SALES: "Sales records: revenue and profit by year",
    TRADES: "Live trades: where each one is",
}
_EXAMPLES = {
    WAREHOUSE: {
        "A query": 'query "SELECT * FROM customer_transaction_totals LIMIT 5"',
        "The warehouse": 'redshift "SELECT count(*) FROM analytics.fact_transactions"',
    },
    ARRIVALS: {"Files that arrived": "arrivals status"},
    MARKET_DATA: {"Market data": 'query "SELECT * FROM market_risk LIMIT 5"'},
    SALES: {"Sales records": 'redshift "SELECT * FROM analytics.sales_by_year ORDER BY year"'},
    TRADES: {"Live trades": "trades produce --seconds 60"},
}


def run_demo(stack: Stack, size: SeedSize, console: Console, pipelines: Collection[str] = PIPELINES) -> None:
    """Start the stack, run some of the pipelines, and show a table of each; all but the warehouse run side by side.

    Raises StackError unless every run succeeds, and the counts of every hop and of the arriving files reconcile.
    """
    stack.up(
        lambda line: console.print(line, highlight=False),
        meanwhile=(lambda: _fill_sources_once(stack, size, console)) if WAREHOUSE in pipelines else None,
    )
    settings, tables = stack.settings, {}
    if WAREHOUSE in pipelines:
        tables[WAREHOUSE] = _run_warehouse(settings, console)
    market_data_run = begin_market_data(settings) if MARKET_DATA in pipelines else None
    sales = begin_sales(settings, console) if SALES in pipelines else None
    if ARRIVALS in pipelines:
        tables[ARRIVALS] = demonstrate_arrivals(settings, size.as_of, console)
    if market_data_run:
        tables[MARKET_DATA] = demonstrate_market_data(settings, market_data_run, console)
    if sales:
        tables[SALES] = demonstrate_sales(settings, sales, console)
    if TRADES in pipelines:
        tables[TRADES] = demonstrate_trades(stack, console)
    for pipeline, table in tables.items():
        table.title = _TITLES[pipeline]
        console.print(table)
    _show_next_steps(stack, console, pipelines)


def parse_pipelines(text: str) -> list[str]:
    """Names of pipelines, separated by commas; raises StackError for another name."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in PIPELINES]
    if unknown or not names:
        raise StackError(f"There is no pipeline {(unknown or [text])[0]!r}: name some of {','.join(PIPELINES)}.")
    return names


def _run_warehouse(settings: StackSettings, console: Console) -> Table:
    """Run it to its end; returns the counts of every hop."""
    run = finish(settings, DAILY_DAG, trigger(settings, DAILY_DAG), console)
    console.print(task_table(run.tasks))
    counts = query_athena(settings, _COUNTS_OF_RUN.read_text(), [DAILY_DAG, run.run_id])
    is_reconciled = counts.columns.index("is_reconciled")
    differing = [row[0] for row in counts.rows if row[is_reconciled] != "true"]
    if differing or not counts.rows:
        raise StackError(f"The counts of {', '.join(map(str, differing)) or 'the run'} do not reconcile.")
    return result_table(counts)


def _fill_sources_once(stack: Stack, size: SeedSize, console: Console) -> None:
    if is_seeded(stack.settings.home, size):
        console.print("The sources are filled already.")
    else:
        seed_sources(stack, size, console)


def seed_sources(stack: Stack, size: SeedSize, console: Console) -> None:
    """Fill the source databases, with a progress bar per source."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    forget_seed(stack.settings.home)
    with Progress(*columns, console=console) as progress:
        bars = {source: progress.add_task(source, total=rows) for source, rows in size.rows.items()}
        seed(
            stack.postgres_dsn(SOURCE_DATABASE),
            stack.mongo_uri,
            size,
            lambda source, rows: progress.advance(bars[source], rows),
        )
    remember_seed(stack.settings.home, size)


def _show_next_steps(stack: Stack, console: Console, pipelines: Collection[str]) -> None:
    steps = Table("Next", "Where", box=None)
    steps.add_row("Airflow", stack.settings.airflow_url_on_host)
    stack_outputs = outputs(stack.settings)
    if site.is_there(stack.settings, stack_outputs):
        steps.add_row("Dashboard", stack_outputs["DashboardUrl"])
    if WAREHOUSE in pipelines:
        steps.add_row("Data Docs", _data_docs_url(stack.settings))
    for pipeline in made_reports(stack.settings):
        steps.add_row(f"Pictures of {pipeline.replace('_', ' ')}", report_url(stack.settings, pipeline))
    examples = [example for pipeline in pipelines for example in _EXAMPLES[pipeline].items()]
    for name, arguments in [*examples, ("The files", "s3 ls")]:
        steps.add_row(name, f"{stack.command_line} {arguments}")
    steps.add_row("Stop", stack.stop_command)
    console.print(steps)


def _data_docs_url(settings: StackSettings) -> str:
    page = data_docs_key(run_of(published_version(settings)))
    return f"{settings.aws_url_on_host}/{outputs(settings)['DataDocsBucket']}/{page}"
