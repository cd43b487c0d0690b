"""Iceberg commits on an endpoint that is killed on its way, and after it has answered."""

import sys

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.rest import RestCatalog

from tests.conftest import Endpoint

BUCKET = "restarted-lake"
REGION = "us-east-1"
# Serves until a table's entry is to be changed; its metadata is written by then.
KILLED_AT_THE_ENTRY = """
import os, signal
from local_aws.glue.catalog import LocalTable
from local_aws.server import serve

LocalTable.update = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
serve()
"""


def catalog_of(endpoint: Endpoint) -> Catalog:
    signing = {"rest.sigv4-enabled": "true", "rest.signing-name": "glue", "rest.signing-region": REGION}
    keys = {"access-key-id": "local", "secret-access-key": "local", "region": REGION}
    properties = {f"{service}.{name}": value for service in ("client", "s3") for name, value in keys.items()}
    return RestCatalog("rest", uri=f"{endpoint.url}/iceberg", **{"s3.endpoint": endpoint.url}, **signing, **properties)


def metadata_files(endpoint: Endpoint) -> list[str]:
    return sorted(path.name for path in (endpoint.data_directory / "s3" / BUCKET).rglob("*.metadata.json"))


@pytest.fixture
def endpoint(own_endpoint):
    """An endpoint with the table db.t of one row."""
    own_endpoint.client("s3").create_bucket(Bucket=BUCKET)
    catalog = catalog_of(own_endpoint)
    catalog.create_namespace("db", {"location": f"s3://{BUCKET}/db"})
    catalog.create_table("db.t", pa.schema([("id", pa.int64())])).append(pa.table({"id": [1]}))
    return own_endpoint


def test_a_commit_that_was_answered_outlives_the_endpoint(endpoint):
    endpoint.kill()
    endpoint.start()

    assert catalog_of(endpoint).load_table("db.t").scan().to_arrow()["id"].to_pylist() == [1]


def test_an_endpoint_killed_between_metadata_and_entry_leaves_the_table_as_it_was(endpoint):
    endpoint.stop()
    endpoint.command = [sys.executable, "-c", KILLED_AT_THE_ENTRY]
    endpoint.start()
    before = metadata_files(endpoint)
    with pytest.raises(OSError, match=r"Connection|Remote"):
        catalog_of(endpoint).load_table("db.t").append(pa.table({"id": [2]}))
    endpoint.process.wait(timeout=20)
    assert len(metadata_files(endpoint)) == len(before) + 1

    endpoint.command = [sys.executable, "-m", "local_aws"]
    endpoint.start()
    table = catalog_of(endpoint).load_table("db.t")

    assert table.scan().to_arrow()["id"].to_pylist() == [1]
    table.append(pa.table({"id": [2]}))
    assert sorted(catalog_of(endpoint).load_table("db.t").scan().to_arrow()["id"].to_pylist()) == [1, 2]
