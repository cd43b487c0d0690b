"""One Spark session for all tests of the Glue scripts, and makers of tiny raw tables."""

import json
import logging
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import lakehouse_glue
import pytest
import snowpark_connect_deps_iceberg
from lakehouse_glue.lake import Lake, SmallObjects
from lakehouse_glue.session import configure_session
from lakehouse_glue.star_schema.schemas import SOURCES
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from tests.conftest import REPOSITORY

SOME_TIME = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
CUSTOMER = {
    "customer_id": 1,
    "name": "Ada",
    "email": "ada@example.com",
    "phone": "+1 555 0142",
    "date_of_birth": date(1980, 2, 29),
    "national_id": "ID-1",
    "street_address": "1 Main Street",
    "city": "Paris",
    "country_code": "FR",
    "segment": "retail",
    "kyc_status": "verified",
    "is_active": True,
    "created_at": SOME_TIME,
    "updated_at": SOME_TIME,
}
ACCOUNT = {
    "account_id": 10,
    "customer_id": 1,
    "account_number": "AC0000001234",
    "account_type": "checking",
    "currency_code": "EUR",
    "status": "open",
    "credit_limit": Decimal("500.00"),
    "opened_at": SOME_TIME,
    "closed_at": None,
    "updated_at": SOME_TIME,
}
TRANSACTION = {
    "transaction_id": 100,
    "account_id": 10,
    "customer_id": 1,
    "transaction_type": "payment",
    "amount": Decimal("-12.5000"),
    "currency_code": "EUR",
    "merchant_name": "Corner Shop",
    "category_code": "C1",
    "channel": "web",
    "description": "a present for Bob",
    "status": "completed",
    "occurred_at": SOME_TIME,
    "created_at": SOME_TIME,
    "updated_at": SOME_TIME,
}
EVENT = {
    "event_id": "e1",
    "transaction_id": 100,
    "event_type": "created",
    "status": "pending",
    "occurred_at": {"$date": 1714566600000},
    "device": {"device_id": "d1", "type": "phone", "os": "Android", "ip_address": "10.0.0.1"},
    "geo": {"country_code": "FR", "city": "Paris", "latitude": 48.8, "longitude": 2.3},
    "risk": {"score": 0.25, "model": "rules", "flags": ["velocity"]},
}
MakeRows = Callable[..., DataFrame]
GLUE_SCRIPTS = Path(lakehouse_glue.__file__).parents[1]
ICEBERG_JAR = "iceberg-spark-runtime-3.5_2.12-1.10.2.jar"


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of all tests' lakes, and the catalog's warehouse."""
    return tmp_path_factory.mktemp("lakes")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory, lakes: Path) -> Iterator[SparkSession]:
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "1g",
        # Tests are short: do not spend the cores on optimizing what runs once. All of them together compile more than
        # the 48 MB of code that are kept without that compiler, and load more classes than are expected at first; a
        # heap that begins small is searched for garbage several times as often.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms1g "
        "-XX:ReservedCodeCacheSize=256m -XX:MetaspaceSize=256m",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(tmp_path_factory.mktemp("spark")),
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(map(str, (GLUE_SCRIPTS, REPOSITORY))),
        "spark.python.daemon.module": "tests.glue_scripts.python_daemon",
        # The jobs' catalog: over folders, so a table lies nowhere but at warehouse/<database>/<table>.
        "spark.jars": str(Path(snowpark_connect_deps_iceberg.__file__).with_name("jars") / ICEBERG_JAR),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.glue_catalog": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.glue_catalog.type": "hadoop",
        "spark.sql.catalog.glue_catalog.warehouse": f"file:{lakes}",
    }
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = configure_session(builder.getOrCreate())
    session.sparkContext.setLogLevel("OFF")
    # Each file has a second one for its checksum otherwise, and Java starts a program for the rights of either.
    hadoop = session.sparkContext._jsc.hadoopConfiguration()
    session._jvm.org.apache.hadoop.fs.FileSystem.getLocal(hadoop).setWriteChecksum(False)
    # It logs the end of its connections when pytest has closed the stream that it would log to.
    logging.getLogger("py4j").setLevel(logging.ERROR)
    yield session
    session.stop()


def _maker(spark: SparkSession, defaults: dict[str, Any], columns: StructType) -> MakeRows:
    def make(*rows: dict[str, Any], types: dict[str, str] | None = None) -> DataFrame:
        """A raw table: a row per dictionary of differences from the defaults; `types` are other column types."""
        typed = [(field.name, (types or {}).get(field.name, field.dataType.simpleString())) for field in columns]
        values = [tuple((defaults | row)[name] for name, _ in typed) for row in rows]
        return spark.createDataFrame(values, ", ".join(f"{name} {type_name}" for name, type_name in typed))

    return make


@pytest.fixture(scope="session")
def token_key() -> bytes:
    return b"a key of the tests"


@pytest.fixture(scope="session")
def customers(spark: SparkSession) -> MakeRows:
    return _maker(spark, CUSTOMER, SOURCES["customers"].columns)


@pytest.fixture(scope="session")
def accounts(spark: SparkSession) -> MakeRows:
    return _maker(spark, ACCOUNT, SOURCES["accounts"].columns)


@pytest.fixture(scope="session")
def transactions(spark: SparkSession) -> MakeRows:
    return _maker(spark, TRANSACTION, SOURCES["transactions"].columns)


@pytest.fixture(scope="session")
def events(spark: SparkSession) -> MakeRows:
    def make(*documents: dict[str, Any] | str | None) -> DataFrame:
        """Raw documents: dictionaries of differences from the default event, or texts as they are."""
        rows = [
            (f"{number:024x}", document if not isinstance(document, dict) else json.dumps(EVENT | document))
            for number, document in enumerate(documents)
        ]
        return spark.createDataFrame(rows, SOURCES["transaction_events"].columns)

    return make


@pytest.fixture
def database(lakes: Path) -> str:
    """A database of one test in the catalog `glue_catalog`; its tables lie in `lake`, at analytics/<table>."""
    return f"lake_{uuid.uuid4().hex}.analytics"


@pytest.fixture
def lake_folder(lakes: Path, database: str) -> Path:
    return lakes / database.partition(".")[0]


@pytest.fixture
def lake(lake_folder: Path) -> Lake:
    return folder_lake(lake_folder)


@pytest.fixture(scope="session")
def make_stock_lake(spark: SparkSession, lakes: Path) -> Callable[[], Any]:
    """A new lake for the job of stock files."""
    from tests.glue_scripts.stock_lake import StockLake

    def make() -> StockLake:
        name = f"lake_{uuid.uuid4().hex}"
        return StockLake(lakes / name, spark, f"{name}.analytics")

    return make


@pytest.fixture
def stock_lake(make_stock_lake: Callable[[], Any]) -> Any:
    return make_stock_lake()


def folder_lake(folder: Path) -> Lake:
    """A lake in a folder, which is made with its first object."""

    def write(key: str, content: bytes, content_type: str) -> None:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return Lake(folder.as_uri(), write, lambda key: (folder / key).read_bytes())


def folder_objects(folder: Path) -> SmallObjects:
    """The objects of a lake in a folder."""

    def listed(prefix: str) -> Iterator[tuple[str, datetime]]:
        for path in folder.rglob("*"):
            key = path.relative_to(folder).as_posix()
            if path.is_file() and key.startswith(prefix):
                yield key, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    return SmallObjects(listed, lambda key: (folder / key).unlink(missing_ok=True))
