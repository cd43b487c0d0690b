"""Large objects pass through the endpoint without being held in its memory."""

from pathlib import Path

import pytest
from boto3.s3.transfer import TransferConfig

BUCKET = "memory-bucket"
SIZE = 300 << 20
MAX_GROWTH_BYTES = 100 << 20


@pytest.fixture
def s3(aws):
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="warm-up", Body=b"x")
    client.get_object(Bucket=BUCKET, Key="warm-up")["Body"].read()
    yield client
    for key in ("warm-up", "large", "copy", "multipart"):
        client.delete_object(Bucket=BUCKET, Key=key)


@pytest.fixture
def growth(aws_endpoint, s3):
    """By how many bytes the endpoint's memory has peaked above what it was at the start of the test."""
    process = Path("/proc") / str(aws_endpoint.process.pid)

    def status(field):
        lines = (process / "status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))

    # Makes the peak start again at the present size: see proc(5).
    (process / "clear_refs").write_text("5")
    before = status("VmRSS")
    return lambda: status("VmHWM") - before


@pytest.fixture
def large_file(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def test_put_get_copy_and_multipart_of_a_large_object_stay_small(s3, growth, large_file):
    with large_file.open("rb") as file:
        s3.put_object(Bucket=BUCKET, Key="large", Body=file)
    part = s3.get_object(Bucket=BUCKET, Key="large", Range=f"bytes={SIZE - (8 << 20)}-")["Body"].read()
    assert part == bytes(8 << 20)
    received = sum(len(chunk) for chunk in s3.get_object(Bucket=BUCKET, Key="large")["Body"].iter_chunks(1 << 20))
    assert received == SIZE
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "large"})
    s3.upload_file(str(large_file), BUCKET, "multipart", Config=TransferConfig(multipart_chunksize=64 << 20))
    assert s3.head_object(Bucket=BUCKET, Key="multipart")["ContentLength"] == SIZE
    assert growth() < MAX_GROWTH_BYTES
