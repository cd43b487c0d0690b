"""Arrow's own S3 file system, which is AWS's SDK for C++, and PyAthena's file system for fsspec."""

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from pyarrow import fs
from pyathena import connect
from pyathena.filesystem.s3 import S3FileSystem

from tests.conftest import Endpoint
from tests.local_aws.athena.athena_lake import Lake

ROWS = pa.table({"id": [1, 2, 3], "day": ["a", "a", "b ü"]})
LARGE = bytes(range(256)) * 50_000


@pytest.fixture
def files(aws_endpoint: Endpoint, lake: Lake) -> fs.SubTreeFileSystem:
    """The lake's bucket."""
    s3 = fs.S3FileSystem(access_key="local", secret_key="local", endpoint_override=aws_endpoint.url)
    return fs.SubTreeFileSystem(lake.bucket, s3)


def test_a_dataset_is_written_and_read_by_partition(files: fs.SubTreeFileSystem):
    parts = ds.partitioning(pa.schema([("day", pa.string())]), flavor="hive")
    ds.write_dataset(ROWS, "rows", format="parquet", partitioning=parts, filesystem=files)

    read = ds.dataset("rows", filesystem=files, partitioning=parts)

    assert read.to_table().sort_by("id").to_pylist() == ROWS.to_pylist()
    assert read.to_table(filter=ds.field("day") == "b ü")["id"].to_pylist() == [3]


def test_streams_copies_moves_and_listings(files: fs.SubTreeFileSystem, lake: Lake):
    with files.open_output_stream("folder/large.bin", metadata={"Content-Type": "application/x-rows"}) as stream:
        for start in range(0, len(LARGE), 1_000_000):
            stream.write(LARGE[start : start + 1_000_000])
    files.copy_file("folder/large.bin", "folder/copy.bin")
    files.move("folder/copy.bin", "folder/sub/moved.bin")

    with files.open_input_file("folder/sub/moved.bin") as file:
        assert file.read_at(4, len(LARGE) - 4) == LARGE[-4:]
    assert files.open_input_stream("folder/large.bin").read() == LARGE
    listed = files.get_file_info(fs.FileSelector("folder", recursive=True))
    assert {info.path: (info.type.name, info.size) for info in listed} == {
        "folder/large.bin": ("File", len(LARGE)),
        "folder/sub": ("Directory", None),
        "folder/sub/moved.bin": ("File", len(LARGE)),
    }
    assert lake.s3.head_object(Bucket=lake.bucket, Key="folder/large.bin")["ContentType"] == "application/x-rows"
    files.delete_dir("folder/sub")
    assert files.get_file_info("folder/sub/moved.bin").type == fs.FileType.NotFound
    assert files.get_file_info("folder/large.bin").size == len(LARGE)


@pytest.mark.usefixtures("client_environment")
def test_a_file_system_for_fsspec(lake: Lake):
    files = S3FileSystem(connect(s3_staging_dir=lake.url("results/")))

    files.pipe(lake.url("spec/a.bin"), LARGE)
    files.cp_file(lake.url("spec/a.bin"), lake.url("spec/b.bin"))
    assert files.cat(lake.url("spec/b.bin")) == LARGE
    assert files.cat_file(lake.url("spec/b.bin"), start=-4, end=None) == LARGE[-4:]
    assert sorted(files.ls(lake.url("spec"))) == [f"{lake.bucket}/spec/{name}" for name in ("a.bin", "b.bin")]
    files.rm(lake.url("spec"), recursive=True)
    assert lake.keys("spec/") == []
