"""What a run wrote is a table of its own before it is published, of the same files."""

import pyarrow as pa
import pytest
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.candidates import CandidateHook


def rows(*closes):
    return {"market_prices": pa.table({"close": pa.array(closes, pa.int64())})}


@pytest.fixture
def hook(aws, lake_bucket, glue_database):
    candidates = f"{glue_database}_candidates"
    aws("glue").create_database(DatabaseInput={"Name": candidates})
    return CandidateHook(bucket=lake_bucket, database=glue_database, candidate_database=candidates)


@pytest.fixture
def lake(hook, iceberg_lake):
    return iceberg_lake(hook.catalog)


def candidate(hook):
    return hook.catalog.load_table((hook.candidate_database, "market_prices"))


def closes(table):
    return sorted(table.scan().to_arrow().column("close").to_pylist())


def test_the_candidate_is_what_the_run_wrote_and_main_stays(hook, lake):
    lake.write_run("jr_1", rows(1, 2))
    hook.show("jr_1", "market_prices")
    assert closes(candidate(hook)) == [1, 2]
    assert hook.versions("market_prices").main is None

    hook.publish("jr_1", ["market_prices"])
    lake.write_run("jr_2", rows(3))
    for _ in range(2):
        hook.show("jr_2", "market_prices")
    assert closes(candidate(hook)) == [3]
    assert closes(hook.table("market_prices")) == [1, 2]
    files = {task.file.file_path for task in candidate(hook).scan().plan_files()}
    branch = lake.table("market_prices").metadata.refs["run_jr_2"].snapshot_id
    assert files == {task.file.file_path for task in hook.table("market_prices").scan(snapshot_id=branch).plan_files()}


def test_a_table_that_the_run_did_not_write_has_no_candidate(hook, lake):
    lake.write_run("jr_1", rows(1))
    with pytest.raises(LakeError, match="jr_1 wrote no table fact_transactions"):
        hook.show("jr_1", "fact_transactions")
