"""PyAthena's SQLAlchemy dialect: tables reflected, made, written and queried."""

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote_plus

import pandas as pd
import pytest
import sqlalchemy
from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, MetaData, Numeric, String, Table
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import TIMESTAMP

from tests.local_aws.athena.athena_lake import Lake

pytestmark = pytest.mark.usefixtures("client_environment")


@pytest.fixture
def address(lake: Lake) -> str:
    place = f"athena.us-east-1.amazonaws.com:443/{lake.database}?s3_staging_dir={quote_plus(lake.url('results/'))}"
    return f"awsathena+rest://:@{place}&poll_interval=0.02"


@pytest.fixture
def engine(address: str) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(address)


def test_tables_and_views_are_reflected(engine: sqlalchemy.Engine, lake: Lake):
    lake.execute(
        "CREATE EXTERNAL TABLE events (id int COMMENT 'key', price decimal(10,1), label varchar(10), tags array<int>) "
        "COMMENT 'what happened' PARTITIONED BY (day string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' "
        f"LINES TERMINATED BY '\\n' STORED AS TEXTFILE LOCATION '{lake.url('events/')}'"
    )
    lake.execute("CREATE VIEW days AS SELECT DISTINCT day FROM events")
    inspector = sqlalchemy.inspect(engine)

    assert {lake.database, "default"} <= set(inspector.get_schema_names())
    assert ("events" in inspector.get_table_names(), inspector.get_view_names()) == (True, ["days"])
    assert (inspector.has_table("events"), inspector.has_table("nosuch")) == (True, False)
    events = Table("events", MetaData(), autoload_with=engine)
    assert [column.name for column in events.columns] == ["id", "price", "label", "tags", "day"]
    assert (events.c.price.type.precision, events.c.price.type.scale, events.c.label.type.length) == (10, 1, 10)
    assert (events.comment, events.c.id.comment) == ("what happened", "key")
    options = events.dialect_options["awsathena"]
    assert options["location"].rstrip("/") == lake.url("events")
    assert options["row_format"] == "SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'"
    assert options["file_format"] == (
        "INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat' "
        "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'"
    )
    assert options["serdeproperties"] == {"field.delim": "\t", "line.delim": "\n", "serialization.format": "\t"}
    for metadata in (MetaData(), MetaData(schema="nosuch")):
        with pytest.raises(NoSuchTableError):
            Table("nosuch", metadata, autoload_with=engine)


def test_a_declared_table_is_made_filled_and_asked(engine: sqlalchemy.Engine, lake: Lake):
    metadata = MetaData()
    orders = Table(
        "orders",
        metadata,
        Column("id", BigInteger, comment="key"),
        Column("name", String),
        Column("price", Numeric(18, 2)),
        Column("at", TIMESTAMP),
        Column("on_day", Date),
        Column("is_open", Boolean),
        Column("rate", Float),
        Column("year", Integer, awsathena_partition=True),
        awsathena_location=lake.url("orders/"),
        awsathena_file_format="PARQUET",
        awsathena_compression="SNAPPY",
    )
    at = datetime(2025, 1, 2, 3, 4, 5)  # noqa: DTZ001 - a timestamp without zone
    row = (1, "it's 100%", Decimal("1.50"), at, date(2025, 1, 2), True, 1.5, 2025)

    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(orders.insert().values(dict(zip(orders.c.keys(), row, strict=True))))
        assert connection.execute(orders.select()).fetchall() == [row]
        newest = sqlalchemy.select(orders.c.name).where(orders.c.price > Decimal("1.0")).order_by(orders.c.id).limit(1)
        assert connection.execute(newest).scalar() == "it's 100%"
    assert lake.lines("SHOW PARTITIONS orders") == ["year=2025"]
    assert sqlalchemy.inspect(engine).get_columns("orders")[0]["comment"] == "key"
    metadata.drop_all(engine)
    assert not sqlalchemy.inspect(engine).has_table("orders")


def test_an_iceberg_table_is_made_and_changed(engine: sqlalchemy.Engine, lake: Lake):
    metadata = MetaData()
    stock = Table(
        "stock",
        metadata,
        Column("id", Integer),
        Column("name", String),
        Column("day", Date, awsathena_partition=True, awsathena_partition_transform="month"),
        awsathena_location=lake.url("stock/"),
        awsathena_tblproperties={"table_type": "ICEBERG"},
    )
    day = date(2025, 1, 1)
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(stock.insert(), [{"id": n, "name": "a", "day": day} for n in (1, 2)])
        connection.execute(stock.update().where(stock.c.id == 1).values(name="b"))
        connection.execute(stock.delete().where(stock.c.id == 2))
        assert connection.execute(stock.select()).fetchall() == [(1, "b", day)]
    months_since_1970 = (day.year - 1970) * 12
    assert lake.rows('SELECT partition FROM "stock$partitions"') == [[f"{{day_month={months_since_1970}}}"]]
    metadata.drop_all(engine)
    assert not sqlalchemy.inspect(engine).has_table("stock")


def test_pandas_writes_and_reads_by_it(address: str, lake: Lake):
    engine = sqlalchemy.create_engine(f"{address}&file_format=PARQUET&location={quote_plus(lake.url('frames/'))}")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    for mode in ("replace", "append"):
        frame.to_sql("frames", engine, schema=lake.database, index=False, if_exists=mode, method="multi")

    read = pd.read_sql_table("frames", engine, schema=lake.database).sort_values("a")
    assert read.to_dict("list") == {"a": [1, 1, 2, 2], "b": ["x", "x", "y", "y"]}
