"""A query reads and writes with the rights of who starts it."""

import json
import time
from collections.abc import Callable

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.local_aws.access.conftest import ActingRole, allow

BUCKET, RESULTS, DATABASE = "access-lake", "access-results", "access_lake"
GLUE = "arn:aws:glue:us-east-1:123456789012"
CATALOG = [f"{GLUE}:catalog", f"{GLUE}:database/{DATABASE}", f"{GLUE}:table/{DATABASE}/*"]
WORK = [
    allow(["athena:*"], "*"),
    allow("glue:GetDatabase", [f"{GLUE}:catalog", f"{GLUE}:database/default"]),
    allow(
        ["s3:GetBucketLocation", "s3:PutObject", "s3:GetObject"],
        [f"arn:aws:s3:::{RESULTS}", f"arn:aws:s3:::{RESULTS}/*"],
    ),
]
READ_CATALOG = allow(["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"], CATALOG)
READ_FILES = allow(["s3:ListBucket", "s3:GetObject"], [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/trades/*"])


@pytest.fixture(scope="module", autouse=True)
def lake(aws: Callable) -> None:
    for name in (BUCKET, RESULTS):
        aws("s3").create_bucket(Bucket=name)
    aws("s3").put_object(Bucket=BUCKET, Key="trades/part.csv", Body=b"1,ALBA\n2,BORO\n")
    aws("glue").create_database(DatabaseInput={"Name": DATABASE})
    run(
        aws("athena"),
        f"CREATE EXTERNAL TABLE {DATABASE}.trades (id int, symbol string)"
        f" ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://{BUCKET}/trades/'",
    )


def run(athena: BaseClient, query: str) -> dict:
    """The execution when it has ended."""
    started = athena.start_query_execution(
        QueryString=query, ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/out/"}
    )
    while True:
        execution = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            return execution
        time.sleep(0.05)


def reason(role: ActingRole, query: str = f"SELECT * FROM {DATABASE}.trades") -> str:
    status = run(role.client("athena"), query)["Status"]
    assert status["State"] == "FAILED"
    return status["StateChangeReason"]


def test_query_of_a_role_with_all_rights_succeeds(make_role: Callable[..., ActingRole]) -> None:
    athena = make_role(*WORK, READ_CATALOG, READ_FILES).client("athena")
    execution = run(athena, f"SELECT symbol FROM {DATABASE}.trades ORDER BY id")
    rows = athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["symbol", "ALBA", "BORO"]


def test_query_fails_without_the_right_to_the_table(make_role: Callable[..., ActingRole]) -> None:
    said = reason(make_role(*WORK, allow("glue:GetDatabase", CATALOG), READ_FILES))
    assert said.startswith("AccessDeniedException: Insufficient permissions to execute the query. User: arn:aws:sts::")
    assert "glue:GetTable on resource" in said


def test_query_fails_without_the_right_to_the_files(make_role: Callable[..., ActingRole]) -> None:
    assert "s3:ListBucket" in reason(make_role(*WORK, READ_CATALOG))


def test_query_does_not_write_where_its_caller_may_not(make_role: Callable[..., ActingRole]) -> None:
    role = make_role(*WORK[:2], allow("s3:GetBucketLocation", "*"), READ_CATALOG, READ_FILES)
    assert reason(role).startswith(f"Access denied when writing output to url: s3://{RESULTS}/out/")


def test_output_bucket_that_cannot_be_asked_is_refused(make_role: Callable[..., ActingRole]) -> None:
    with pytest.raises(ClientError, match=f"Unable to verify/create output bucket {RESULTS}"):
        run(make_role(*WORK[:2]).client("athena"), "SELECT 1")


def test_query_of_the_administrator_reads_no_file_that_the_bucket_denies(aws: Callable) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    aws("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [statement]}))
    try:
        status = run(aws("athena"), f"SELECT * FROM {DATABASE}.trades")["Status"]
    finally:
        aws("s3").delete_bucket_policy(Bucket=BUCKET)
    assert status["State"] == "FAILED"
    assert f'"arn:aws:s3:::{BUCKET}/trades/part.csv" with an explicit deny' in status["StateChangeReason"]


def test_iceberg_commit_needs_the_right_to_change_the_entry(
    make_role: Callable[..., ActingRole], aws: Callable
) -> None:
    created = run(
        aws("athena"),
        f"CREATE TABLE {DATABASE}.rates (id int) LOCATION 's3://{BUCKET}/rates/'"
        " TBLPROPERTIES ('table_type'='ICEBERG')",
    )
    assert created["Status"]["State"] == "SUCCEEDED"
    files = allow("s3:*", [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/rates/*"])
    insert = f"INSERT INTO {DATABASE}.rates VALUES 1"
    assert "glue:UpdateTable" in reason(make_role(*WORK, READ_CATALOG, files), insert)
    may_change = make_role(*WORK, READ_CATALOG, allow("glue:UpdateTable", CATALOG), files)
    assert run(may_change.client("athena"), insert)["Status"]["State"] == "SUCCEEDED"
