"""A full load: the selected tables in parallel, each in as many parts as the source offers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event, Lock

from local_aws.dms.engine import events
from local_aws.dms.engine.conversion import Losses
from local_aws.dms.engine.prefetch import prefetched
from local_aws.dms.engine.source import Source, SourceError, SourceTable
from local_aws.dms.engine.target import TargetTable, check_bucket
from local_aws.dms.specification import LoadSpecification, PostgresSource
from local_aws.dms.table_mappings import TableMappings

NO_TABLES_MESSAGE = (
    "No tables were found at task initialization. Either the selected tables or schemas no longer exist"
    " or no match was found for the table selection patterns."
)


class AbandonedError(Exception):
    """Another part of the table failed."""


def connect(specification: LoadSpecification) -> Source:
    """Raises SourceError when the source cannot be reached."""
    if isinstance(specification.source, PostgresSource):
        from local_aws.dms.engine.postgres import PostgresReader

        return PostgresReader(specification.source, specification.settings)
    from local_aws.dms.engine.mongo import MongoReader

    return MongoReader(specification.source, specification.settings)


def select_tables(source: Source, mappings: TableMappings) -> tuple[list[SourceTable], list[tuple[str, str]]]:
    """The tables to load, in load order, and the tables that a rule names but the source does not have."""
    tables = [table for table in source.tables() if mappings.selects(table.schema, table.name)]
    tables.sort(key=lambda table: -mappings.load_order(table.schema, table.name))
    found = {(table.schema, table.name) for table in tables}
    missing = [name for name in mappings.exact_tables() if name not in found]
    return tables, missing


class TableLoad:
    """The load of one table."""

    def __init__(self, source: Source, table: SourceTable, target: TargetTable) -> None:
        self._source = source
        self._table = table
        self._target = target
        self._losses = Losses()
        self._rows = 0
        self._lock = Lock()
        self._failed = Event()

    def _count(self, rows: int) -> None:
        with self._lock:
            self._rows += rows
            events.emit_table(self._table.schema, self._table.name, rows=self._rows)

    def _check_others(self) -> None:
        if self._failed.is_set():
            raise AbandonedError

    def _load_partition(self, partition: object) -> None:
        try:
            with self._target.open() as files:
                for batch in prefetched(self._source.read(self._table, partition, self._losses)):
                    self._check_others()
                    files.write(batch)
                    self._count(batch.num_rows)
        except BaseException:
            self._failed.set()
            raise

    def run(self) -> None:
        """Raises what the first part that failed raised; the files that the others were writing are discarded."""
        partitions = self._source.partitions(self._table)
        with ThreadPoolExecutor(len(partitions)) as executor:
            futures = [executor.submit(self._load_partition, partition) for partition in partitions]
        errors = [error for future in futures if (error := future.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, AbandonedError)):
            raise error

    def log(self) -> None:
        name = f"{self._table.schema}.{self._table.name}"
        for message in self._losses.messages(name):
            events.emit_log("W", message)


def load_table(specification: LoadSpecification, source: Source, table: SourceTable, task_start: datetime) -> None:
    """Load one table and tell how it ended; a failure concerns this table only."""
    schema, name = TableMappings.parse(specification.table_mappings).target_name(table.schema, table.name)
    events.emit_table(table.schema, table.name, state="Full load")
    try:
        target = TargetTable(specification.target, schema, name, task_start)
        if specification.settings.drop_and_create:
            target.drop()
        else:
            target.continue_numbering()
        load = TableLoad(source, table, target)
        load.run()
        load.log()
    except Exception as error:
        message = f"Table {table.schema}.{table.name} failed: {' '.join(str(error).split())}"
        events.emit_table(table.schema, table.name, state="Table error", message=message)
    else:
        events.emit_table(table.schema, table.name, state="Table completed")


def run(specification: LoadSpecification) -> None:
    """Carry out a full load. Raises SourceError or FileNotFoundError when it cannot begin."""
    task_start = datetime.now(UTC)
    check_bucket(specification.target)
    source = connect(specification)
    try:
        tables, missing = select_tables(source, TableMappings.parse(specification.table_mappings))
        if not tables and specification.settings.fail_on_no_tables:
            raise SourceError(NO_TABLES_MESSAGE)
        events.emit_tables(
            [{"schema": table.schema, "table": table.name, "estimated_rows": table.estimated_rows} for table in tables]
            + [{"schema": schema, "table": table, "state": "Table does not exist"} for schema, table in missing]
        )
        with ThreadPoolExecutor(specification.settings.max_full_load_sub_tasks) as executor:
            for table in tables:
                executor.submit(load_table, specification, source, table, task_start)
    finally:
        source.close()
