"""A job reads the files that were archived, or says why it does not."""

from uuid import uuid4

import pytest
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.raw_archive import archived_locations

from lakehouse_contract.raw_archive import ArchiveManifest, RawFile

FOLDER = "archive/load_date=2026-11-20/run=run-1/"
FILES = {
    "customers": [f"{FOLDER}rds/public/customers/LOAD{number:08X}.parquet" for number in (1, 2)],
    "changed_by_dms": [f"{FOLDER}changed_by_dms/before.parquet"],
}


@pytest.fixture
def archive(aws):
    """A bucket with a complete archive: S3, its name and the manifest's key."""
    s3, bucket = aws("s3"), f"raw-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    files = []
    for table, keys in FILES.items():
        for key in keys:
            etag = s3.put_object(Bucket=bucket, Key=key, Body=table.encode())["ETag"].strip('"')
            files.append(RawFile(table, key, len(table), etag))
    manifest = ArchiveManifest("run-1", "manual__1", "2026-11-20", "2026-11-20T05:00:00+00:00", {}, tuple(files))
    s3.put_object(Bucket=bucket, Key=manifest.key, Body=manifest.to_json().encode())
    return s3, bucket, manifest.key


def test_the_files_of_a_table_are_those_of_the_manifest(archive):
    s3, bucket, manifest = archive
    s3.put_object(Bucket=bucket, Key=f"{FOLDER}rds/public/customers/stray.parquet", Body=b"not of the manifest")

    locations = archived_locations(s3, bucket, manifest)

    assert locations("customers") == [f"s3://{bucket}/{key}" for key in FILES["customers"]]
    assert locations("changed_by_dms") == [f"s3://{bucket}/{key}" for key in FILES["changed_by_dms"]]
    assert locations("accounts") == []


@pytest.mark.parametrize("mistake", ["other content of the same size", "gone"])
def test_an_archive_that_is_not_as_its_manifest_says_is_refused(archive, mistake):
    s3, bucket, manifest = archive
    changed = FILES["customers"][1]
    if mistake == "gone":
        s3.delete_object(Bucket=bucket, Key=changed)
    else:
        s3.put_object(Bucket=bucket, Key=changed, Body=b"CUSTOMERS")

    with pytest.raises(BadInputError, match=f"is not as its manifest says: {changed} is missing or has other content"):
        archived_locations(s3, bucket, manifest)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (f"{FOLDER.replace('run-1', 'run-2')}manifest.json", "There is no archive s3://"),
        ("raw/manifest.json", "is not the key of an archive's manifest"),
    ],
)
def test_a_key_without_an_archive_is_refused(archive, key, sentence):
    s3, bucket, _ = archive
    with pytest.raises(BadInputError, match=sentence):
        archived_locations(s3, bucket, key)
