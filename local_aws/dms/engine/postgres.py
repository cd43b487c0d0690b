"""PostgreSQL as a source: every table of a run from one snapshot, streamed as Arrow batches by ADBC."""

import os
from collections.abc import Iterator
from contextlib import closing

import adbc_driver_postgresql
import psycopg2
import pyarrow as pa
from adbc_driver_manager import AdbcConnection, AdbcStatement
from psycopg2 import sql
from psycopg2.extensions import make_dsn

from local_aws.dms.engine.conversion import Losses
from local_aws.dms.engine.postgres_types import ColumnMapping, PostgresColumn, map_column
from local_aws.dms.engine.source import SourceError, SourceTable
from local_aws.dms.specification import Connection, PostgresSource, TaskSettings

CONNECT_TIMEOUT_SECONDS = 10
# libpq's names for DMS's SslMode; a server that insists on TLS is also reached with "none".
SSL_MODES = {"none": "prefer", "require": "require"}
MIN_PARTITION_BYTES = 64 * 1024 * 1024
# All batches in flight together; a batch is at most MAX_BATCH_BYTES.
BATCHES_BYTES = 128 * 1024 * 1024
MAX_BATCH_BYTES = 16 * 1024 * 1024
MIN_BATCH_BYTES = 1024 * 1024

BATCH_SIZE_OPTION = adbc_driver_postgresql.StatementOptions.BATCH_SIZE_HINT_BYTES.value
ISOLATION = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"

TABLES_QUERY = """
    SELECT n.nspname, c.relname, greatest(c.reltuples, 0)::int8
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%%'
    ORDER BY 1, 2
"""
COLUMNS_QUERY = """
    WITH RECURSIVE typed AS (
        SELECT attnum, attname, atttypid AS type_id, atttypmod AS modifier
        FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT attnum, attname, typbasetype, typtypmod
        FROM typed JOIN pg_type ON pg_type.oid = type_id WHERE typtype = 'd'
    )
    SELECT attname, typname, typcategory, modifier
    FROM typed JOIN pg_type ON pg_type.oid = type_id WHERE typtype <> 'd' ORDER BY attnum
"""
BLOCKS_QUERY = """
    SELECT CASE WHEN relkind = 'r' THEN pg_relation_size(oid) / current_setting('block_size')::int8 ELSE 0 END,
           current_setting('block_size')::int8
    FROM pg_class WHERE oid = %s::regclass
"""

# First and one past the last block; None for an open end.
BlockRange = tuple[int, int | None]


def connection_string(connection: Connection, statement_timeout_seconds: int = 0) -> str:
    """A libpq connection string. It contains the password: never log it."""
    return make_dsn(
        host=connection.host,
        port=connection.port,
        dbname=connection.database,
        user=connection.username,
        password=connection.password,
        sslmode=SSL_MODES[connection.ssl_mode],
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        client_encoding="UTF8",
        application_name="dms",
        options=f"-c TimeZone=UTC -c statement_timeout={statement_timeout_seconds * 1000}",
    )


def check_connection(connection: Connection) -> None:
    """Raises SourceError when the database does not answer."""
    try:
        psycopg2.connect(connection_string(connection)).close()
    except psycopg2.Error as error:
        raise SourceError(
            f"PostgreSQL at {connection.host}:{connection.port} cannot be reached: {' '.join(str(error).split())}"
        ) from error


def block_ranges(blocks: int, block_size: int, max_ranges: int) -> list[BlockRange]:
    """Parts of a table of at least MIN_PARTITION_BYTES; the last has no end, for what was added since."""
    count = max(1, min(max_ranges, blocks * block_size // MIN_PARTITION_BYTES))
    bounds = [blocks * part // count for part in range(count)]
    return list(zip(bounds, [*bounds[1:], None], strict=True))


class PostgresReader:
    """A connection holds the snapshot that every reading connection then shares."""

    def __init__(self, source: PostgresSource, settings: TaskSettings) -> None:
        check_connection(source.connection)
        self._source = source
        self._settings = settings
        self._dsn = connection_string(source.connection, source.execute_timeout_seconds)
        self._connection = psycopg2.connect(connection_string(source.connection))
        self._connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        self._snapshot = self._query("SELECT pg_export_snapshot()")[0][0]
        self._max_ranges = os.cpu_count() or 1
        streams = settings.max_full_load_sub_tasks * self._max_ranges
        self._batch_bytes = max(MIN_BATCH_BYTES, min(MAX_BATCH_BYTES, BATCHES_BYTES // streams))

    def _query(self, query: str, *parameters: str) -> list[tuple]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    def _qualified(self, table: SourceTable) -> sql.Composed:
        return sql.Identifier(table.schema, table.name)

    def _regclass(self, table: SourceTable) -> str:
        return self._qualified(table).as_string(self._connection)

    def tables(self) -> list[SourceTable]:
        return [SourceTable(*row) for row in self._query(TABLES_QUERY)]

    def partitions(self, table: SourceTable) -> list[BlockRange]:
        """The size is asked for on a connection of its own: the answer waits for a lock on the table."""
        with closing(psycopg2.connect(self._dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(BLOCKS_QUERY, (self._regclass(table),))
            blocks, block_size = cursor.fetchone()
        return block_ranges(blocks, block_size, self._max_ranges)

    def columns(self, table: SourceTable) -> list[ColumnMapping]:
        rows = self._query(COLUMNS_QUERY, self._regclass(table))
        columns = [map_column(PostgresColumn(*row), self._source) for row in rows]
        return [column for column in columns if self._settings.support_lobs or not column.large_object]

    def _select(self, table: SourceTable, columns: list[ColumnMapping], blocks: BlockRange) -> str:
        query = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(column.expression for column in columns), self._qualified(table)
        )
        first, end = blocks
        if first or end is not None:
            query += sql.SQL(" WHERE ctid >= {}::tid").format(sql.Literal(f"({first},0)"))
        if end is not None:
            query += sql.SQL(" AND ctid < {}::tid").format(sql.Literal(f"({end},0)"))
        return query.as_string(self._connection)

    def read(self, table: SourceTable, partition: BlockRange, losses: Losses) -> Iterator[pa.RecordBatch]:
        columns = self.columns(table)
        schema = pa.schema([(column.name, column.arrow_type) for column in columns])
        for batch in self._batches(self._select(table, columns, partition)):
            arrays = [
                column.convert(array, self._settings.lob_limit, losses)
                for column, array in zip(columns, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """Rows of a query in the run's snapshot.

        The driver's DB-API module is not used: it loads pandas, which takes longer than a small table.
        """
        snapshot = sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(self._snapshot))
        with (
            adbc_driver_postgresql.connect(self._dsn) as database,
            AdbcConnection(database) as connection,
            AdbcStatement(connection) as statement,
        ):
            connection.set_autocommit(False)
            for preparation in (ISOLATION, snapshot.as_string(self._connection)):
                statement.set_sql_query(preparation)
                statement.execute_update()
            statement.set_options(**{BATCH_SIZE_OPTION: str(self._batch_bytes)})
            statement.set_sql_query(query)
            stream, _ = statement.execute_query()
            with pa.RecordBatchReader._import_from_c(stream.address) as batches:
                yield from batches

    def close(self) -> None:
        self._connection.close()
