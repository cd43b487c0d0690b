"""Listings through boto3: order, prefixes, delimiters, pages."""

import pytest

BUCKET = "listing-bucket"
# In the order of their UTF-8 bytes.
KEYS = ["a-b/1", "a/1", "a/2/x", "a/2/y", "a0", "b/1", "b/é", "b/日本", "b/😀", "c"]


@pytest.fixture(scope="module")
def s3(aws):
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET)
    for key in reversed(KEYS):
        client.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    return client


def expected_page(prefix, delimiter):
    """Keys and common prefixes, computed from the list of keys alone."""
    below = [key for key in KEYS if key.startswith(prefix)]
    if not delimiter:
        return below, []
    folded = {
        prefix + key[len(prefix) :].split(delimiter)[0] + delimiter for key in below if delimiter in key[len(prefix) :]
    }
    return [key for key in below if delimiter not in key[len(prefix) :]], sorted(folded, key=str.encode)


def listed(s3, operation, page_size, **arguments):
    pages = s3.get_paginator(operation).paginate(Bucket=BUCKET, PaginationConfig={"PageSize": page_size}, **arguments)
    keys, prefixes = [], []
    for page in pages:
        assert len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) <= page_size
        keys += [item["Key"] for item in page.get("Contents", [])]
        prefixes += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
    return keys, prefixes


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("page_size", [1, 3, 1000])
@pytest.mark.parametrize("delimiter", ["", "/", "-", "1"])
@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/2", "b/", "b/é", "nothing", "../", "/", "a//"])
def test_listing_is_that_of_the_keys(s3, operation, page_size, delimiter, prefix):
    arguments = {"Prefix": prefix} | ({"Delimiter": delimiter} if delimiter else {})
    assert listed(s3, operation, page_size, **arguments) == expected_page(prefix, delimiter)


def test_start_after(s3):
    answer = s3.list_objects_v2(Bucket=BUCKET, StartAfter="a/2/x")
    assert [item["Key"] for item in answer["Contents"]] == [key for key in KEYS if key.encode() > b"a/2/x"]


def test_empty_folder_is_no_common_prefix(s3, aws_endpoint):
    (aws_endpoint.data_directory / "s3" / BUCKET / "z-empty" / "below").mkdir(parents=True)
    answer = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/", Prefix="z-")
    assert "CommonPrefixes" not in answer
    assert answer["KeyCount"] == 0


def test_listing_shows_size_and_etag(s3):
    etag = s3.head_object(Bucket=BUCKET, Key="c")["ETag"]
    item = s3.list_objects_v2(Bucket=BUCKET, Prefix="c")["Contents"][0]
    assert (item["Size"], item["ETag"]) == (1, etag)


def test_many_objects_are_listed_in_pages(s3, aws_endpoint):
    folder = aws_endpoint.data_directory / "s3" / BUCKET / "many"
    folder.mkdir()
    names = sorted(f"{number:05}" for number in range(10_000))
    for name in names:
        (folder / name).touch()
    keys, _ = listed(s3, "list_objects_v2", 1000, Prefix="many/")
    assert keys == [f"many/{name}" for name in names]
