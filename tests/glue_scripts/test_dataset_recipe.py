"""A dataset that was added by the steps of docs/contributing.md: its job, its audit and its publication."""

import json
from datetime import UTC, datetime

import audit_dataset
import lakehouse_glue
import pytest
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_glue.changes import write_if_changed
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import open_branches, read_version

from lakehouse_contract.runs import run_document_key
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.recipes.dataset_recipe import DATASET, followed_column_recipe, followed_recipe

NOW = datetime(2026, 1, 5, 4, tzinfo=UTC)
EUROS = "currency_code,name\n eur ,Euro\nUSD,US Dollar\n"
TABLE = "currencies"


@pytest.fixture(autouse=True)
def recipe(monkeypatch):
    folders = [*lakehouse_glue.__path__, str(DATASET / "glue_scripts/lakehouse_glue")]
    monkeypatch.setattr(lakehouse_glue, "__path__", folders)
    with followed_recipe():
        yield


@pytest.fixture
def transform(spark, lake, lake_folder, database):
    """`transform("jr_1", files)` does what the Glue job does, and returns the run's document."""
    from lakehouse_glue.currencies.build import load_currencies

    def run(name: str, csv: str) -> dict:
        spark.catalog.clearCache()
        lake.write("reference/currencies/list.csv", csv.encode(), "text/csv")
        return load_currencies(spark, lake, database, name, f"manual__{name}")

    return run


@pytest.fixture
def audit(spark, lake, database):
    pages: dict[str, bytes] = {}

    def run(name: str) -> set[tuple[str, str]]:
        """Column and severity of the expectations that fail."""
        write_page = lambda key, content, _: pages.update({key: content})  # noqa: E731
        results = audit_dataset.main(spark, lake, database, write_page, TABLE, name, NOW)
        assert f"{name}/index.html" in pages
        return {(entry["column"], entry["severity"]) for entry in results["results"] if not entry["is_successful"]}

    return run


def rows_of(spark, database, reference):
    version = spark.read.option("branch", reference).table(f"glue_catalog.{database}.{TABLE}")
    return sorted(tuple(row) for row in version.collect())


def test_the_job_writes_a_branch_and_its_document_and_nothing_that_is_published(
    transform, audit, spark, database, lake_folder
):
    document = transform("jr_1", EUROS)
    assert rows_of(spark, database, "run_jr_1") == [("EUR", "Euro"), ("USD", "US Dollar")]
    assert spark.table(f"glue_catalog.{database}.{TABLE}").count() == 0
    assert document == json.loads((lake_folder / run_document_key("jr_1")).read_bytes())
    assert document["sources"] == {TABLE: {"rows": 2, "rejected_rows": 0}}
    assert (document["tables"][TABLE]["rows"], document["tables"][TABLE]["base_snapshot_id"]) == (2, None)
    assert audit("jr_1") == set()


def test_a_list_that_did_not_change_writes_no_file(transform, spark, database):
    transform("jr_1", EUROS)
    spark.sql(f"CALL glue_catalog.system.fast_forward('{database}.{TABLE}', 'main', 'run_jr_1')")
    entry = transform("jr_2", "currency_code,name\nUSD,US Dollar\nEUR,Euro\n")["tables"][TABLE]
    assert entry["snapshot_id"] == entry["base_snapshot_id"]


def test_a_column_that_is_added_is_null_in_rows_and_versions_of_before(transform, spark, database, lake):
    first = transform("jr_1", EUROS)["tables"][TABLE]
    spark.sql(f"CALL glue_catalog.system.fast_forward('{database}.{TABLE}', 'main', 'run_jr_1')")
    with followed_column_recipe():
        branch = open_branches(spark, lake.root, database, [TABLE], "jr_2")[TABLE]
        today = spark.createDataFrame([("EUR", "Euro", 2)], branch.declaration.schema)
        write_if_changed(branch, today.unionByName(branch.read_published().filter("currency_code = 'USD'")))
        before = read_version(spark, branch.identifier, branch.declaration, first["snapshot_id"])
        assert {tuple(row) for row in before.collect()} == {("EUR", "Euro", None), ("USD", "US Dollar", None)}
    assert rows_of(spark, database, "run_jr_2") == [("EUR", "Euro", 2), ("USD", "US Dollar", None)]


def test_a_row_without_code_refuses_the_list_in_a_sentence(transform):
    with pytest.raises(BadInputError, match=r"reference/currencies/: 1 rows have no code or no name"):
        transform("jr_1", EUROS + ",Nothing\n")


def test_the_audit_finds_what_is_no_list_of_currencies(transform, audit):
    transform("jr_1", EUROS + "EUR,Euro again\nDM,Mark\n")
    assert audit("jr_1") == {("currency_code", "critical")}


def test_publishing_moves_main_to_what_the_job_wrote_and_tags_it(
    transform, lake_folder, own_endpoint, monkeypatch, database
):
    for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": own_endpoint.url}).items():
        monkeypatch.setenv(name, value)
    document = transform("jr_1", EUROS)
    own_endpoint.client("s3").create_bucket(Bucket="lake")
    own_endpoint.client("s3").put_object(Bucket="lake", Key=run_document_key("jr_1"), Body=json.dumps(document))
    own_endpoint.client("glue").create_database(DatabaseInput={"Name": "published"})
    hook = PublicationHook(bucket="lake", database="published")
    latest = max((lake_folder / "analytics/currencies/metadata").glob("*.json"), key=lambda path: path.stat().st_mtime)
    hook.catalog.register_table(("published", TABLE), latest.as_uri())

    hook.publish("jr_1", [TABLE])

    table = hook.table(TABLE)
    assert set(table.refs()) == {"main", "published_jr_1", "run_jr_1"}
    assert table.scan().to_arrow().sort_by("currency_code").to_pylist() == [
        {"currency_code": "EUR", "name": "Euro"},
        {"currency_code": "USD", "name": "US Dollar"},
    ]
    assert hook.published_rows("published_jr_1", [TABLE]) == {TABLE: 2}
