"""Iceberg tables of the local Glue through the clients that people use: PyIceberg by Glue and by REST, and boto3."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import awswrangler as wr
import boto3
import pyarrow as pa
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pyiceberg.exceptions import (
    BadRequestError,
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.expressions import EqualTo

from tests.conftest import Endpoint
from tests.local_aws.iceberg_catalogs import REGION, glue_catalog, rest_catalog

BUCKET = "iceberg-clients-lake"
ROWS = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["a", "b"]})
KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
WRITERS = 6


CATALOGS = pytest.mark.parametrize("connect", [glue_catalog, rest_catalog])


@pytest.fixture
def glue(aws):
    return aws("glue")


@pytest.fixture
def database(glue, s3) -> str:
    name = f"iceberg_{uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": name, "LocationUri": f"s3://{BUCKET}/{name}"})
    return name


@pytest.fixture
def signed(aws_endpoint: Endpoint) -> Callable[..., requests.Response]:
    """`signed("GET", "config")`: the answer of Glue's Iceberg REST API to a request signed for Glue."""

    def send(method: str, path: str, body: dict | None = None, **query: str) -> requests.Response:
        prepared = requests.Request(method, f"{aws_endpoint.url}/iceberg/v1/{path}", params=query, json=body).prepare()
        request = AWSRequest(method, prepared.url, data=prepared.body or b"")
        SigV4Auth(Credentials("local", "local"), "glue", REGION).add_auth(request)
        prepared.headers.update(dict(request.headers))
        return requests.Session().send(prepared, timeout=60)

    return send


def tables_path(database: str, table: str = "") -> str:
    return f"catalogs/123456789012/namespaces/{database}/tables" + (f"/{table}" if table else "")


@CATALOGS
def test_a_client_creates_writes_and_reads_a_table(connect, aws_endpoint, glue, database):
    catalog = connect(aws_endpoint.url)

    table = catalog.create_table((database, "t"), ROWS.schema)
    table.append(ROWS)
    table.delete(EqualTo("id", 1))
    with table.update_schema() as update:
        update.rename_column("name", "label")

    assert catalog.load_table((database, "t")).scan().to_arrow().to_pylist() == [{"id": 2, "label": "b"}]
    entry = glue.get_table(DatabaseName=database, Name="t")["Table"]
    assert entry["TableType"] == "EXTERNAL_TABLE"
    assert entry["Parameters"]["table_type"] == "ICEBERG"
    assert entry["Parameters"]["metadata_location"] == catalog.load_table((database, "t")).metadata_location
    current = [c for c in entry["StorageDescriptor"]["Columns"] if c["Parameters"]["iceberg.field.current"] == "true"]
    assert [column["Name"] for column in current] == ["id", "label"]


@CATALOGS
def test_errors_are_those_that_clients_know(connect, aws_endpoint, database):
    catalog = connect(aws_endpoint.url)
    catalog.create_table((database, "t"), ROWS.schema)

    with pytest.raises(NoSuchTableError):
        catalog.load_table((database, "absent"))
    with pytest.raises(NoSuchTableError):
        catalog.drop_table((database, "absent"))
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table((database, "t"), ROWS.schema)
    with pytest.raises(NoSuchNamespaceError):
        catalog.list_tables("absent")
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace(database)
    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace(database)


def test_what_one_client_commits_the_others_see(aws_endpoint, database, monkeypatch):
    by_glue, by_rest = glue_catalog(aws_endpoint.url), rest_catalog(aws_endpoint.url)

    by_rest.create_table((database, "t"), ROWS.schema).append(ROWS)
    by_glue.load_table((database, "t")).append(ROWS)

    assert by_rest.load_table((database, "t")).scan().to_arrow().num_rows == 4
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_endpoint.url)
    session = boto3.Session(region_name=REGION, **KEYS)
    types = wr.catalog.get_table_types(database, "t", boto3_session=session)
    location = wr.catalog.get_table_location(database, "t", boto3_session=session)
    assert types == {"id": "bigint", "name": "string"}
    assert location == f"s3://{BUCKET}/{database}/t"


def test_a_client_that_read_before_another_committed_loses_whatever_api_it_commits_by(aws_endpoint, database):
    catalogs = [glue_catalog(aws_endpoint.url), rest_catalog(aws_endpoint.url)]
    catalogs[0].create_table((database, "t"), ROWS.schema)
    for winner, loser in (catalogs, reversed(catalogs)):
        late = loser.load_table((database, "t"))
        winner.load_table((database, "t")).append(ROWS)

        with pytest.raises(CommitFailedException):
            late.append(ROWS)

    assert catalogs[0].load_table((database, "t")).scan().to_arrow().num_rows == 4


def test_writers_by_both_apis_at_once_lose_nothing(aws_endpoint, database):
    catalogs = [glue_catalog(aws_endpoint.url), rest_catalog(aws_endpoint.url)]
    catalogs[0].create_table((database, "t"), pa.schema([("id", pa.int64())]))

    def append(number: int) -> None:
        while True:
            try:
                catalogs[number % 2].load_table((database, "t")).append(pa.table({"id": [number]}))
            except CommitFailedException:
                continue
            return

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(append, range(WRITERS)))

    table = catalogs[0].load_table((database, "t"))
    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == list(range(WRITERS))
    assert len(table.metadata.snapshots) == WRITERS


def test_the_configuration_names_the_account_and_what_is_supported(signed):
    answers = [signed("GET", "config").json(), signed("GET", "config", warehouse="123456789012").json()]

    for answer in answers:
        assert answer["overrides"]["prefix"] == "catalogs/123456789012"
        assert "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}" in answer["endpoints"]
        assert not [endpoint for endpoint in answer["endpoints"] if "view" in endpoint or "rename" in endpoint]


def test_a_catalog_that_is_no_account_s_is_not_found(signed):
    warehouse = signed("GET", "config", warehouse="s3tablescatalog/lake")
    namespaces = signed("GET", "catalogs/redshift_dev/namespaces")

    assert [answer.status_code for answer in (warehouse, namespaces)] == [404, 404]
    assert "redshift_dev" in namespaces.json()["error"]["message"]


def test_properties_of_a_namespace_are_the_databases(aws_endpoint, glue, s3):
    catalog, name = rest_catalog(aws_endpoint.url), f"iceberg_{uuid4().hex[:8]}"

    catalog.create_namespace(name, {"location": f"s3://{BUCKET}/{name}", "owner": "finance"})
    summary = catalog.update_namespace_properties(name, {"absent"}, {"owner": "risk"})

    assert (summary.updated, summary.missing) == (["owner"], ["absent"])
    database = glue.get_database(Name=name)["Database"]
    assert database["LocationUri"] == f"s3://{BUCKET}/{name}"
    assert database["Parameters"] == {"owner": "risk"}
    assert catalog.load_namespace_properties(name)["owner"] == "risk"
    assert (name,) in catalog.list_namespaces()
    catalog.drop_namespace(name)
    assert (name,) not in catalog.list_namespaces()


def test_what_glue_refuses_by_rest_is_refused(aws_endpoint, signed, database):
    catalog = rest_catalog(aws_endpoint.url)
    table = catalog.create_table((database, "t"), ROWS.schema)
    schema = json.loads(table.schema().model_dump_json())

    purge = signed("DELETE", tables_path(database, "t"), purgeRequested="true")
    staged = signed("POST", tables_path(database), {"name": "s", "schema": schema, "stage-create": True})
    rename = signed("POST", "catalogs/123456789012/tables/rename", {})
    views = signed("GET", f"catalogs/123456789012/namespaces/{database}/views")
    levels = signed("GET", f"catalogs/123456789012/namespaces/{database}%1Fx")
    metadata_table = signed("GET", tables_path(f"{database}%1Ft", "snapshots"))

    assert purge.status_code == 400
    assert "PurgeRequested cannot be true" in purge.json()["error"]["message"]
    assert [answer.status_code for answer in (staged, rename, views)] == [406, 406, 406]
    assert (levels.status_code, levels.json()["error"]["type"]) == (404, "NoSuchNamespaceException")
    assert (metadata_table.status_code, metadata_table.json()["error"]["type"]) == (404, "NoSuchTableException")
    assert catalog.table_exists((database, "t"))


def test_a_job_s_catalog_takes_the_names_that_glue_catalog_takes(aws_endpoint, glue, database):
    job_catalog = rest_catalog(aws_endpoint.url, f"glue_{REGION}/iceberg")
    job_catalog.create_table((database, "t"), ROWS.schema)

    for name in ("Prices", "daily-prices"):
        with pytest.raises(BadRequestError, match="lower-case"):
            job_catalog.create_table((database, name), ROWS.schema)
    with pytest.raises(BadRequestError, match="lower-case"):
        job_catalog.create_namespace("Finance")
    with pytest.raises(NoSuchTableError):
        job_catalog.load_table((database, "T"))
    assert job_catalog.list_tables(database) == [(database, "t")]
    job_catalog.rename_table((database, "t"), (database, "renamed"))
    assert [table["Name"] for table in glue.get_tables(DatabaseName=database)["TableList"]] == ["renamed"]


def test_all_tables_of_a_database_are_listed_by_rest_and_others_are_not_loaded(aws_endpoint, glue, database):
    catalog = rest_catalog(aws_endpoint.url)
    glue.create_table(DatabaseName=database, TableInput={"Name": "csv_files", "StorageDescriptor": {"Columns": []}})

    assert catalog.list_tables(database) == [(database, "csv_files")]
    with pytest.raises(NoSuchTableError):
        catalog.load_table((database, "csv_files"))
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table((database, "csv_files"), ROWS.schema)


def test_a_commit_that_makes_no_sense_is_refused_and_not_called_unknown(aws_endpoint, signed, database):
    rest_catalog(aws_endpoint.url).create_table((database, "t"), ROWS.schema)
    update = {"action": "set-current-schema", "schema-id": 99}

    malformed = signed("POST", tables_path(database, "t"), {"updates": [{"action": "unheard-of"}]})
    impossible = signed("POST", tables_path(database, "t"), {"requirements": [], "updates": [update]})

    assert [answer.status_code for answer in (malformed, impossible)] == [400, 400]


def test_a_dropped_table_keeps_its_files(aws_endpoint, s3, database):
    catalog = rest_catalog(aws_endpoint.url)
    catalog.create_table((database, "t"), ROWS.schema).append(ROWS)
    before = {entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=database)["Contents"]}

    catalog.drop_table((database, "t"))

    assert not catalog.table_exists((database, "t"))
    assert {entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=database)["Contents"]} == before
