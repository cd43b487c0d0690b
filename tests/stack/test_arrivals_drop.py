import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stack import aws
from stack.arrivals.drop import DroppedFile, arrivals, check_files, drop
from stack.arrivals.ledger import claimed_files, landing_files, last_ledger_rows
from stack.deployment import deploy, outputs
from stack.errors import StackError
from stack.settings import StackSettings
from tests.conftest import Endpoint

LEDGER = "audit/stock_file_ledger/"


@pytest.fixture(scope="module")
def settings(
    start_endpoint: Callable[..., AbstractContextManager[Endpoint]],
    tmp_path_factory: pytest.TempPathFactory,
    postgres_dsn: str,
) -> Iterator[StackSettings]:
    """An endpoint with the template deployed; without Airflow, so that what is dropped stays in landing."""
    home = tmp_path_factory.mktemp("stack")
    with start_endpoint(home / "aws", postgres_dsn) as endpoint:
        settings = StackSettings(home, aws_port=endpoint.port)
        deploy(settings, postgres_dsn, "mongodb://127.0.0.1:1/")
        yield settings


@pytest.fixture(scope="module")
def s3(settings) -> Any:
    return aws.client("s3", settings)


@pytest.fixture(scope="module")
def bucket(settings) -> str:
    return outputs(settings)["LakeBucket"]


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    path.write_text("date,symbol,open,high,low,close,volume\n2024-01-02,A,1.00,1.20,0.90,1.10,500\n")
    return path


def ledger_line(file: DroppedFile, **changes: Any) -> bytes:
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    row = {
        "file_name": file.name,
        "size_bytes": 80,
        "etag": file.etag,
        "arrived_at": moment,
        "status": "loaded",
        "reason": None,
        "rows_in": 3,
        "rows_out": 2,
        "rows_rejected": 1,
        "load": "jr_1",
        "run_id": "run",
        "started_at": moment,
        "finished_at": moment,
        "location": "s3://lake/processed/stocks/prices.csv",
    }
    return json.dumps(row | changes).encode()


def test_a_dropped_file_is_in_landing_as_it_is(settings, s3, bucket, prices):
    [dropped] = drop(settings, [prices])
    assert s3.get_object(Bucket=bucket, Key="landing/stocks/prices.csv")["Body"].read() == prices.read_bytes()
    assert dropped.etag == hashlib.md5(prices.read_bytes()).hexdigest()  # noqa: S324 - S3's own digest
    assert ("prices.csv", prices.stat().st_size) in [(file.key, file.size_bytes) for file in landing_files(settings)]


def test_progress_is_told_of_every_byte(settings, prices):
    sent: list[int] = []
    drop(settings, [prices], sent.append)
    assert sum(sent) == prices.stat().st_size


def test_a_file_has_arrived_when_the_ledger_has_its_content(settings, s3, bucket, prices):
    [dropped] = drop(settings, [prices])
    s3.put_object(
        Bucket=bucket, Key=f"{LEDGER}other.json", Body=ledger_line(dropped, etag="other", status="quarantined")
    )
    s3.put_object(Bucket=bucket, Key=f"{LEDGER}own.json", Body=ledger_line(dropped))
    [row] = arrivals(settings, [dropped])
    assert (row.file_name, row.etag, row.status) == ("prices.csv", dropped.etag, "loaded")
    assert (row.rows_in, row.rows_out, row.rows_rejected) == (3, 2, 1)


def test_an_earlier_arrival_of_the_same_content_is_not_taken_for_this_one(settings, s3, bucket, prices, monkeypatch):
    monkeypatch.setattr("stack.arrivals.drop._PATIENCE_SECONDS", 0)
    prices.write_text("other content\n")
    [dropped] = drop(settings, [prices])
    s3.put_object(
        Bucket=bucket, Key=f"{LEDGER}earlier.json", Body=ledger_line(dropped, arrived_at="2024-01-01 00:00:00.000")
    )
    with pytest.raises(StackError, match=r"prices\.csv is not in the ledger after"):
        list(arrivals(settings, [dropped]))


def test_claimed_files_are_listed_without_the_claim_itself(settings, s3, bucket):
    s3.put_object(Bucket=bucket, Key="claimed/stocks/run/20240101T000000000000Z-01234567/a.csv", Body=b"a")
    s3.put_object(Bucket=bucket, Key="claimed/stocks/run/claim.json", Body=b"{}")
    assert [file.key for file in claimed_files(settings)] == ["run/20240101T000000000000Z-01234567/a.csv"]


def test_the_last_rows_of_the_ledger_come_first(settings, s3, bucket):
    file = DroppedFile("newest.csv", "0", datetime.now(UTC))
    s3.put_object(
        Bucket=bucket, Key=f"{LEDGER}newest.json", Body=ledger_line(file, finished_at="2100-01-01 00:00:00.000")
    )
    assert last_ledger_rows(settings)[0].file_name == "newest.csv"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["missing.csv"], r"missing.csv does not exist\."),
        (["folder.csv"], r"folder.csv is a directory: name the files in it\."),
        (["prices.txt"], r"prices.txt is neither a .csv nor a .csv.gz file\."),
        (["prices.csv", "folder.csv/prices.csv"], r"Two of the files are called prices.csv"),
    ],
)
def test_files_that_cannot_be_dropped_are_one_sentence(names, sentence, tmp_path, prices):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.csv" / "prices.csv").touch()
    (tmp_path / "prices.txt").touch()
    with pytest.raises(StackError, match=sentence):
        check_files([tmp_path / name for name in names])
