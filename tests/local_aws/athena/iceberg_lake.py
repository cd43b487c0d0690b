"""Iceberg tables for Athena tests, written by PyIceberg through Glue's API, as any client would."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from botocore.client import BaseClient
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform

from tests.conftest import Endpoint
from tests.local_aws.athena.athena_lake import Lake


@dataclass
class IcebergLake(Lake):
    """A lake with an Iceberg catalog beside Athena."""

    catalog: GlueCatalog

    @classmethod
    def over(cls, endpoint: Endpoint, aws: Callable[..., BaseClient]) -> "IcebergLake":
        lake = Lake.create(aws)
        access = {"access-key-id": "local", "secret-access-key": "local", "region": "us-east-1"}
        properties = {
            f"{service}.{name}": value
            for service in ("glue", "s3")
            for name, value in {**access, "endpoint": endpoint.url}.items()
        }
        return cls(**vars(lake), catalog=GlueCatalog("glue", **properties))

    def create_table(
        self, name: str, schema: Schema, *partitions: str, properties: dict[str, str] | None = None
    ) -> Table:
        """An empty table with identity partitions."""
        fields = [
            PartitionField(schema.find_field(column).field_id, 1000 + place, IdentityTransform(), column)
            for place, column in enumerate(partitions)
        ]
        return self.catalog.create_table(
            (self.database, name),
            schema,
            location=self.url(name),
            partition_spec=PartitionSpec(*fields) if fields else UNPARTITIONED_PARTITION_SPEC,
            properties=properties or {},
        )

    def create_by_ddl(self, name: str, columns: str = "id bigint", rest: str = "", properties: str = "") -> None:
        """An empty table by Athena's CREATE TABLE; more properties begin with a comma."""
        self.execute(
            f"CREATE TABLE {name} ({columns}) {rest} LOCATION '{self.url(name)}/' "
            f"TBLPROPERTIES ('table_type' = 'ICEBERG'{properties})"
        )

    def read(self, name: str) -> list[tuple]:
        """All rows, in order, as PyIceberg reads them."""
        return sorted((tuple(row.values()) for row in self.load(name).scan().to_arrow().to_pylist()), key=repr)

    def update_count(self, sql: str) -> int:
        execution = self.execute(sql)
        return self.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["UpdateCount"]

    def load(self, name: str) -> Table:
        return self.catalog.load_table((self.database, name))

    def data_file_sizes(self, table: Table, *columns: str) -> dict[str, int]:
        """By the file's URL: the stored bytes of these columns, as the Parquet footers say."""
        sizes = {}
        for task in table.scan().plan_files():
            metadata = self.footer(task.file.file_path)
            groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
            sizes[task.file.file_path] = sum(
                group.column(place).total_compressed_size
                for group in groups
                for place in range(group.num_columns)
                if group.column(place).path_in_schema.split(".")[0] in columns
            )
        return sizes

    def footer(self, url: str) -> Any:
        import io

        import pyarrow.parquet as pq

        key = url.removeprefix(f"s3://{self.bucket}/")
        return pq.read_metadata(io.BytesIO(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()))


def arrow_table(schema: Schema, **columns: list[Any]) -> pa.Table:
    return pa.table(columns, schema=schema.as_arrow())
