import pytest
from botocore.exceptions import ClientError
from lakehouse_glue.arrivals import objects
from lakehouse_glue.arrivals.objects import GoneError, Objects, RefusedError
from moto import mock_aws

LARGE = bytes(range(256)) * (9 * 4096)


@pytest.fixture(params=["file", "s3"])
def lake(request, tmp_path, monkeypatch):
    """A lake in a folder, and one in a bucket."""
    if request.param == "file":
        yield Objects((tmp_path / "lake").as_uri())
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        objects._s3.cache_clear()
        objects._s3().create_bucket(Bucket="lake")
        yield Objects("s3://lake")
    objects._s3.cache_clear()


@pytest.mark.parametrize("content", [b"", b"PAR1", LARGE], ids=["empty", "small", "several parts"])
def test_uploaded_file_is_downloaded_as_it_was(lake, tmp_path, content):
    (tmp_path / "up").write_bytes(content)
    lake.upload(tmp_path / "up", "a/b/part.parquet")
    lake.download("a/b/part.parquet", tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == content
    assert lake.keys("a/") == ["a/b/part.parquet"]


def test_upload_takes_the_place_of_an_object(lake, tmp_path):
    for content in (b"first", b"second"):
        (tmp_path / "up").write_bytes(content)
        lake.upload(tmp_path / "up", "part.parquet")
    assert lake.read_range("part.parquet", 0, 100) == b"second"


def test_key_of_a_url_is_below_the_root(lake):
    assert lake.key(f"{lake.root}/analytics/year=2005/part.parquet") == "analytics/year=2005/part.parquet"


def test_object_that_is_not_there_is_gone(lake):
    with pytest.raises(GoneError, match=r"^claimed/a\.csv$"):
        lake.read_range("claimed/a.csv", 0, 1)


@pytest.mark.parametrize(
    ("code", "status", "error"), [("AccessDenied", 403, RefusedError), ("SlowDown", 503, ClientError)]
)
def test_refusal_of_an_object_is_told_from_a_service_that_fails(monkeypatch, code, status, error):
    class Failing:
        def get_object(self, **_named):
            answer = {"Error": {"Code": code, "Message": "No."}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(answer, "GetObject")

    monkeypatch.setattr(objects, "_s3", Failing)
    with pytest.raises(error, match=rf"{code}.*No\."):
        Objects("s3://lake").read_range("claimed/a.csv", 0, 1)
