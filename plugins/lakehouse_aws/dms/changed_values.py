"""The values of a PostgreSQL that AWS DMS does not carry as they are, found at the source itself."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.secrets_manager import SecretsManagerHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from lakehouse_aws.dms.full_load import FullLoad
from lakehouse_aws.dms.hook import DmsFullLoadHook
from lakehouse_aws.lake import LakeHook

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection  # noqa: N812

COLUMNS = ("source", "source_key", "column_name")
BATCH_ROWS = 10_000
CONNECT_TIMEOUT_SECONDS = 10
# libpq's names for DMS's SslMode; a server that insists on TLS is reached with "none", too.
SSL_MODES = {"none": "prefer", "require": "require", "verify-ca": "verify-ca", "verify-full": "verify-full"}

Row = tuple[str, str, str]


class SourceDatabaseError(AirflowException):
    """A source database that cannot be asked."""


class ChangedValuesHook(DmsFullLoadHook):
    """Asks the source of a full load, with the credentials that DMS has, for keys and columns. Fetches no value."""

    def write_changed_values(
        self, identifier: str, tables: Mapping[str, str], query: str, bucket: str, key: str, max_values: int
    ) -> dict[str, int]:
        """Write a Parquet object of `COLUMNS`, a row per value, and return the number of values by table and column.

        Raises AirflowFailException when there are more than `max_values`, or when a table cannot be compared.

        :param tables: the name in the lake of each `schema.table` of the source
        :param query: makes the statements (`sql/postgres/changed_by_dms.sql`)
        """
        import psycopg2

        load = self.find(identifier)
        counts: Counter[str] = Counter()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "changed_values.parquet"
            parameters = {"tables": list(tables), "lob_bytes": load.lob_limit_bytes}
            try:
                with closing(self._connect(load)) as connection:
                    rows = self._counted(_changed_values(connection, query, parameters, tables), counts, max_values)
                    _write_parquet(path, rows)
            except psycopg2.Error as error:
                raise SourceDatabaseError(
                    f"The source of {identifier} could not be compared: {' '.join(str(error).split())}."
                ) from None
            LakeHook(aws_conn_id=self.aws_conn_id, region_name=self.region_name).load_file(
                path, key, bucket, replace=True
            )
        for column, count in sorted(counts.items()):
            self.log.info("%s: %d values that DMS does not carry as they are", column, count)
        return dict(counts)

    @staticmethod
    def _counted(rows: Iterator[Row], counts: Counter[str], max_values: int) -> Iterator[Row]:
        for row in rows:
            source, _, column = row
            counts[f"{source}.{column}"] += 1
            if counts.total() > max_values:
                raise AirflowFailException(
                    f"More than {max_values} values are such that DMS does not carry them as they are, most of them in "
                    f"{counts.most_common(1)[0][0]}: correct them at the source, or leave the column out of the load."
                )
            yield row

    def _connect(self, load: FullLoad) -> "PostgresConnection":
        import psycopg2

        filters = [{"Name": "endpoint-arn", "Values": [load.description["SourceEndpointArn"]]}]
        (endpoint,) = self.conn.describe_endpoints(Filters=filters)["Endpoints"]
        name = endpoint["EndpointIdentifier"]
        secret_id = endpoint.get("PostgreSQLSettings", {}).get("SecretsManagerSecretId")
        if not secret_id:
            raise AirflowFailException(
                f"The DMS endpoint {name} names no secret: give it the secret of its PostgreSQL."
            )
        secrets = SecretsManagerHook(aws_conn_id=self.aws_conn_id, region_name=self.region_name)
        secret = secrets.get_secret_as_dict(secret_id)
        try:
            connection = psycopg2.connect(
                host=secret["host"],
                port=secret.get("port", 5432),
                user=secret["username"],
                password=secret["password"],
                dbname=endpoint.get("DatabaseName") or secret["dbname"],
                sslmode=SSL_MODES[endpoint.get("SslMode") or "none"],
                connect_timeout=CONNECT_TIMEOUT_SECONDS,
                application_name="lakehouse",
            )
        except psycopg2.OperationalError as error:
            raise SourceDatabaseError(
                f"The PostgreSQL of the DMS endpoint {name} cannot be reached: {' '.join(str(error).split())}. "
                "Allow Airflow's security group to connect, or correct the endpoint's secret."
            ) from None
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        return connection


def _changed_values(
    connection: "PostgresConnection", query: str, parameters: dict[str, Any], tables: Mapping[str, str]
) -> Iterator[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        statements = dict(cursor.fetchall())
    for table, statement in statements.items():
        if statement is None:
            raise AirflowFailException(
                f"The table {table} has no primary key of one column, which a row that DMS changed is told by: "
                "give it one, or leave the table out of the load."
            )
        with connection.cursor(name="changed_values") as cursor:
            cursor.itersize = BATCH_ROWS
            cursor.execute(statement)
            yield from ((tables[table], key, column) for key, column in cursor)


def _write_parquet(path: Path, rows: Iterator[Row]) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    with ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, BATCH_ROWS)):
            arrays = [pa.array(values, pa.string()) for values in zip(*batch, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
