"""awswrangler against the endpoint: Iceberg tables that it makes, changes and reads through Athena."""

from collections.abc import Callable

import awswrangler as wr
import pandas as pd
import pytest
from botocore.client import BaseClient

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake

pytestmark = pytest.mark.usefixtures("client_environment")


@pytest.fixture
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def test_to_iceberg_appends_merges_evolves_and_overwrites(lake: IcebergLake):
    def write(rows: list[tuple], columns: list[str], **options: object) -> None:
        wr.athena.to_iceberg(
            df=pd.DataFrame(rows, columns=columns),
            database=lake.database,
            table="prices",
            table_location=lake.url("prices/"),
            temp_path=lake.url("staged/"),
            s3_output=lake.url("results/"),
            keep_files=False,
            **options,
        )

    def read(**options: object) -> list[tuple]:
        frame = wr.athena.read_sql_query(
            "SELECT * FROM prices ORDER BY id",
            database=lake.database,
            s3_output=lake.url("results/"),
            **options,
        )
        return [tuple(None if pd.isna(value) else value for value in row) for row in frame.itertuples(index=False)]

    columns = ["id", "symbol", "price"]
    write([(1, "AAA", 1.5), (2, "BBB", 2.5)], columns, partition_cols=["symbol"])
    write([(3, "AAA", 3.5)], columns, partition_cols=["symbol"])
    assert read(ctas_approach=False) == [(1, "AAA", 1.5), (2, "BBB", 2.5), (3, "AAA", 3.5)]
    write([(2, "BBB", 20.0), (4, "CCC", 4.0)], columns, merge_cols=["id"])
    assert read(ctas_approach=True) == [(1, "AAA", 1.5), (2, "BBB", 20.0), (3, "AAA", 3.5), (4, "CCC", 4.0)]
    wr.athena.delete_from_iceberg_table(
        df=pd.DataFrame({"id": [3]}),
        database=lake.database,
        table="prices",
        merge_cols=["id"],
        temp_path=lake.url("staged/"),
        s3_output=lake.url("results/"),
        keep_files=False,
    )
    write([(5, "DDD", 5.0, "new")], [*columns, "note"], schema_evolution=True)
    assert read(ctas_approach=False)[2:] == [(4, "CCC", 4.0, None), (5, "DDD", 5.0, "new")]
    write([(9, "ZZZ", 9.0, "all")], [*columns, "note"], mode="overwrite")
    assert read(ctas_approach=False) == [(9, "ZZZ", 9.0, "all")]
    assert wr.s3.list_objects(lake.url("staged/")) == []
    table = lake.load("prices")
    assert table.scan().to_arrow().to_pylist() == [{"id": 9, "symbol": "ZZZ", "price": 9.0, "note": "all"}]
    assert [field.name for field in table.spec().fields] == ["symbol"]
