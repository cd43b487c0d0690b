import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from lakehouse_aws.iceberg.declared import create_declared_table
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.arrivals.kinds import SALES_FILES, STOCK_FILES
from lakehouse_contract.arrivals.ledger import LOADED, QUARANTINED, Outcome, Processing, file_entry, ledger_row
from stack import aws
from stack.arrivals.drop import DroppedFile, check_files, content_checksum, drop, follow
from stack.arrivals.ledger import claimed_files, landing_files, last_ledger_rows
from stack.arrivals.reload import find_arrivals, reload
from stack.cloudformation import deploy, outputs
from stack.errors import StackError
from stack.queries import GLUE_DATABASE
from stack.settings import StackSettings
from tests.conftest import Endpoint


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


@pytest.fixture(scope="module")
def ledger(settings, bucket) -> Table:
    """The table stock_file_ledger, written as the pipeline writes it."""
    access = {"access-key-id": "local", "secret-access-key": "local", "region": "us-east-1"}
    url = f"http://127.0.0.1:{settings.aws_port}"
    properties = {
        f"{service}.{name}": value for service in ("glue", "s3") for name, value in {**access, "endpoint": url}.items()
    }
    return create_declared_table(GlueCatalog("glue", **properties), GLUE_DATABASE, bucket, STOCK_FILES.ledger)


@pytest.fixture
def tell(ledger, bucket) -> Callable[..., None]:
    """`tell(file, …)`: the ledger has a file, loaded unless another outcome is given."""

    def append(file: DroppedFile, status: str = LOADED, **changes: Any) -> None:
        now = datetime.now(UTC)
        claimed = ClaimedFile(file.name, f"claimed/stocks/run/0/{file.name}", 80, file.checksum, now)
        counts = {"rows_in": 3, "rows_out": 2, "rows_rejected": 1}
        entry = file_entry(STOCK_FILES, claimed, Outcome(status, **counts), now.date())
        row = ledger_row(entry, Processing("jr_1", "run", now, now), f"s3://{bucket}") | changes
        ledger.refresh()
        ledger.append(pa.Table.from_pylist([row], schema=schema_to_pyarrow(ledger.schema(), include_field_ids=False)))

    return append


def test_before_the_first_file_the_ledger_is_empty(settings):
    assert last_ledger_rows(settings, STOCK_FILES) == []


def test_a_dropped_file_is_in_landing_as_it_is(settings, s3, bucket, prices):
    [dropped] = drop(settings, STOCK_FILES, [prices])
    assert s3.get_object(Bucket=bucket, Key="landing/stocks/prices.csv")["Body"].read() == prices.read_bytes()
    assert dropped.checksum == f"sha256:{hashlib.sha256(prices.read_bytes()).hexdigest()}"
    assert ("prices.csv", prices.stat().st_size) in [
        (file.key, file.size_bytes) for file in landing_files(settings, STOCK_FILES)
    ]


def test_progress_is_told_of_every_byte(settings, prices):
    sent: list[int] = []
    drop(settings, STOCK_FILES, [prices], sent.append)
    assert sum(sent) == prices.stat().st_size


def test_a_file_has_arrived_when_the_ledger_has_its_content(settings, tell, prices):
    [dropped] = drop(settings, STOCK_FILES, [prices])
    tell(dropped, QUARANTINED, checksum="other")
    tell(dropped)
    [row] = follow(settings, STOCK_FILES, [dropped])
    assert (row.file_name, row.checksum, row.status) == ("prices.csv", dropped.checksum, "loaded")
    assert (row.rows_in, row.rows_out, row.rows_rejected) == (3, 2, 1)


def test_an_earlier_arrival_of_the_same_content_is_not_taken_for_this_one(settings, tell, prices, monkeypatch):
    monkeypatch.setattr("stack.arrivals.drop._PATIENCE_SECONDS", 0)
    prices.write_text("other content\n")
    [dropped] = drop(settings, STOCK_FILES, [prices])
    tell(dropped, arrived_at=datetime(2024, 1, 1, tzinfo=UTC), year=2024, month=1)
    with pytest.raises(StackError, match=r"prices\.csv is not in the ledger after"):
        list(follow(settings, STOCK_FILES, [dropped]))


def test_claimed_files_are_listed_without_the_claim_itself(settings, s3, bucket):
    s3.put_object(Bucket=bucket, Key="claimed/stocks/run/20240101T000000000000Z-01234567/a.csv", Body=b"a")
    s3.put_object(Bucket=bucket, Key="claimed/stocks/run/claim.json", Body=b"{}")
    s3.put_object(Bucket=bucket, Key="claimed/stocks/run/attempts/jr_1.json", Body=b"{}")
    assert [file.key for file in claimed_files(settings, STOCK_FILES)] == ["run/20240101T000000000000Z-01234567/a.csv"]


def test_the_last_rows_of_the_ledger_come_first(settings, tell):
    file = DroppedFile("newest.csv", "0", datetime.now(UTC))
    tell(file, finished_at=datetime(2100, 1, 1, tzinfo=UTC))
    assert last_ledger_rows(settings, STOCK_FILES)[0].file_name == "newest.csv"


def test_each_kind_of_files_has_its_own_landing_prefix_and_ledger(settings, s3, bucket, tell, tmp_path):
    (path := tmp_path / "sales.csv").write_text("Region,Country\n")
    tell(DroppedFile("sales.csv", "0", datetime.now(UTC)))
    drop(settings, SALES_FILES, [path])
    assert content(s3, bucket, "landing/sales/sales.csv") == path.read_bytes()
    assert [file.key for file in landing_files(settings, SALES_FILES)] == ["sales.csv"]
    assert "sales.csv" not in [file.key for file in landing_files(settings, STOCK_FILES)]
    assert last_ledger_rows(settings, SALES_FILES) == []
    with pytest.raises(StackError, match=r"^No file called sales\.csv has arrived: `lakehouse sales status`"):
        find_arrivals(settings, SALES_FILES, ["sales.csv"])


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
        check_files(STOCK_FILES, [tmp_path / name for name in names])


def test_the_checksum_of_a_large_file_is_that_of_its_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("stack.arrivals.drop._LARGEST_COPY_BYTES", 9)
    monkeypatch.setattr("stack.arrivals.drop._PART_BYTES", 4)
    digests = b"".join(hashlib.sha256(part).digest() for part in (b"0123", b"4567", b"89"))
    path = tmp_path / "large.csv"
    path.write_bytes(b"0123456789")
    assert content_checksum(path) == f"sha256-of-1GiB-parts:{hashlib.sha256(digests).hexdigest()}-3"
    path.write_bytes(b"012345678")
    assert content_checksum(path) == f"sha256:{hashlib.sha256(b'012345678').hexdigest()}"


@pytest.fixture
def stays(s3, bucket, tell) -> Callable[..., str]:
    """`stays(name, status)`: a file that was processed or quarantined and is in the ledger; its key."""

    def put(name: str, status: str, **changes: Any) -> str:
        folder = "quarantine" if status == "quarantined" else "processed"
        key = f"{folder}/stocks/2024-01-02/20240102T000000000000Z-01234567/{name}"
        s3.put_object(Bucket=bucket, Key=key, Body=status.encode())
        tell(DroppedFile(name, "0", datetime.now(UTC)), status, location=f"s3://{bucket}/{key}", **changes)
        return key

    return put


def content(s3, bucket, key) -> bytes:
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def test_the_last_arrival_of_a_name_is_loaded_again_from_where_it_stays(settings, s3, bucket, stays):
    earlier = stays("again.csv", "quarantined", arrived_at=datetime(2024, 1, 1, tzinfo=UTC))
    stays("again.csv", "loaded", arrived_at=datetime(2024, 1, 2, tzinfo=UTC))
    reload(settings, STOCK_FILES, find_arrivals(settings, STOCK_FILES, ["again.csv"]))
    assert content(s3, bucket, "landing/stocks/_reload/again.csv") == b"loaded"
    assert content(s3, bucket, earlier) == b"quarantined"


def test_a_file_of_an_odd_name_is_loaded_again(settings, s3, bucket, stays):
    name = "desk #1? 100%.csv"
    stays(name, "loaded")
    reload(settings, STOCK_FILES, find_arrivals(settings, STOCK_FILES, [name]))
    assert content(s3, bucket, f"landing/stocks/_reload/{name}") == b"loaded"


def test_what_is_loaded_again_leaves_the_quarantine_with_its_reason(settings, s3, bucket, stays):
    key = stays("mended.csv", "quarantined")
    s3.put_object(Bucket=bucket, Key=f"{key}.reason.txt", Body=b"No header.")
    reload(settings, STOCK_FILES, find_arrivals(settings, STOCK_FILES, ["mended.csv"]))
    assert content(s3, bucket, "landing/stocks/_reload/mended.csv") == b"quarantined"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=key)


def test_what_cannot_be_loaded_again_is_one_sentence(settings, s3, bucket, stays):
    with pytest.raises(StackError, match=r"^No file called unknown\.csv has arrived: `lakehouse arrivals status`"):
        find_arrivals(settings, STOCK_FILES, ["unknown.csv"])
    s3.delete_object(Bucket=bucket, Key=stays("gone.csv", "loaded"))
    with pytest.raises(StackError, match=r"^gone\.csv is not at s3://\S+ any more: drop it again\.$"):
        reload(settings, STOCK_FILES, find_arrivals(settings, STOCK_FILES, ["gone.csv"]))
