"""Listings through boto3: order, prefixes, delimiters, pages."""

import shutil
from xml.etree import ElementTree

import pytest
import requests

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


def asked(aws_endpoint, query, bucket=BUCKET):
    answer = requests.get(f"{aws_endpoint.url}/{bucket}?{query}", timeout=10)
    return answer.status_code, ElementTree.fromstring(answer.content)  # noqa: S314


def element(document, name):
    return document.findtext(f"{{*}}{name}")


def test_a_page_says_what_it_was_asked(s3):
    first = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=2, StartAfter="a/1")
    assert (first["StartAfter"], first["KeyCount"], first["IsTruncated"]) == ("a/1", 2, True)
    assert "ContinuationToken" not in first
    token = first["NextContinuationToken"]
    second = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=2, StartAfter="a/1", ContinuationToken=token)
    assert second["ContinuationToken"] == token
    keys = [item["Key"] for page in (first, second) for item in page["Contents"]]
    assert keys == [key for key in KEYS if key.encode() > b"a/1"][:4]
    old = s3.list_objects(Bucket=BUCKET, MaxKeys=2, Marker="a/1")
    assert (old["Marker"], "NextMarker" in old) == ("a/1", False)
    assert s3.list_objects(Bucket=BUCKET, MaxKeys=1, Delimiter="/")["NextMarker"] == "a-b/"
    assert s3.list_objects(Bucket=BUCKET)["Marker"] == ""


def test_owners_are_told_when_asked_for(s3):
    assert all("Owner" not in item for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"])
    assert all("ID" in item["Owner"] for item in s3.list_objects_v2(Bucket=BUCKET, FetchOwner=True)["Contents"])
    assert all("ID" in item["Owner"] for item in s3.list_objects(Bucket=BUCKET)["Contents"])


def test_keys_are_encoded_as_in_urls(aws_endpoint, s3):
    query = "list-type=2&encoding-type=url&prefix=b/%C3%A9&delimiter=%20&start-after=a%20b"
    _, document = asked(aws_endpoint, query)
    told = [
        element(document, name) for name in ("EncodingType", "Prefix", "Delimiter", "StartAfter", "Contents/{*}Key")
    ]
    assert told == ["url", "b/%C3%A9", "+", "a+b", "b/%C3%A9"]
    _, plain = asked(aws_endpoint, "list-type=2&prefix=b/%C3%A9")
    assert (element(plain, "EncodingType"), element(plain, "Contents/{*}Key")) == (None, "b/é")


@pytest.mark.parametrize("kind", ["", "list-type=2&", "versions&"])
def test_max_keys_is_a_number_up_to_a_thousand(aws_endpoint, s3, kind):
    for given, told in (("2000", "1000"), ("7", "7"), ("0" * 5000 + "7", "7"), ("0", "0"), ("", "1000")):
        status, document = asked(aws_endpoint, f"{kind}max-keys={given}")
        assert (status, element(document, "MaxKeys")) == (200, told)
    assert element(asked(aws_endpoint, f"{kind}max-keys=0")[1], "IsTruncated") == "false"
    for wrong, name in (("-1", "maxKeys"), ("many", "max-keys"), ("2147483648", "max-keys"), ("1" * 5000, "max-keys")):
        status, document = asked(aws_endpoint, f"{kind}max-keys={wrong}")
        told = [document.findtext(tag) for tag in ("Code", "ArgumentName", "ArgumentValue")]
        assert (status, told) == (400, ["InvalidArgument", name, wrong])


@pytest.mark.parametrize(
    "query",
    [
        "list-type=2&continuation-token=",
        "list-type=2&continuation-token=%21",
        "encoding-type=xml",
        "versions&version-id-marker=x",
        "versions&key-marker=a&version-id-marker=",
    ],
)
def test_parameters_that_mean_nothing_are_refused(aws_endpoint, s3, query):
    status, document = asked(aws_endpoint, query)
    assert (status, document.findtext("Code")) == (400, "InvalidArgument")


@pytest.mark.parametrize("page_size", [1, 2, 1000])
@pytest.mark.parametrize(("prefix", "delimiter"), [("", ""), ("", "/"), ("a", "/"), ("", "2/")])
def test_versions_are_listed_and_folded_in_pages(s3, page_size, prefix, delimiter):
    arguments = {"Prefix": prefix} | ({"Delimiter": delimiter} if delimiter else {})
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=BUCKET, PaginationConfig={"PageSize": page_size}, **arguments
    )
    keys, prefixes = [], []
    for page in pages:
        keys += [item["Key"] for item in page.get("Versions", [])]
        prefixes += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
    others = [key for key in keys if not key.startswith("many/")], [one for one in prefixes if one != "many/"]
    assert others == expected_page(prefix, delimiter)


def test_uploads_are_listed_and_folded_in_pages(s3):
    s3.create_bucket(Bucket="uploads-listed")
    for key in ("a/1", "a/2", "b", "b", "c"):
        s3.create_multipart_upload(Bucket="uploads-listed", Key=key)
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket="uploads-listed", Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    told = [
        [item["Key"] for item in page.get("Uploads", [])] + [item["Prefix"] for item in page.get("CommonPrefixes", [])]
        for page in pages
    ]
    assert told == [["a/"], ["b"], ["b"], ["c"]]
    s3.delete_bucket(Bucket="uploads-listed")


def test_many_objects_are_listed_in_pages(s3, aws_endpoint):
    folder = aws_endpoint.data_directory / "s3" / BUCKET / "many"
    folder.mkdir()
    names = sorted(f"{number:05}" for number in range(10_000))
    for name in names:
        (folder / name).touch()
    keys, _ = listed(s3, "list_objects_v2", 1000, Prefix="many/")
    assert keys == [f"many/{name}" for name in names]
    shutil.rmtree(folder)
