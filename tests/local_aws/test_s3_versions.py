"""Versions of objects through boto3."""

import pytest
from botocore.exceptions import ClientError

BUCKET = "versions-bucket"
KEY = "glue_scripts/transform.py"


@pytest.fixture(scope="module")
def s3(aws):
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"before versioning")
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def content(s3, **version):
    return s3.get_object(Bucket=BUCKET, Key=KEY, **version)["Body"].read()


@pytest.fixture
def two_versions(s3):
    return [s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)["VersionId"] for body in (b"first", b"second")]


def test_replaced_version_is_kept(s3, two_versions):
    first, second = two_versions
    assert content(s3) == b"second"
    assert content(s3, VersionId=first) == b"first"
    assert content(s3, VersionId=second) == b"second"
    assert content(s3, VersionId="null") == b"before versioning"


def test_versions_are_listed_newest_first(s3, two_versions):
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix=KEY)["Versions"]
    assert [item["VersionId"] for item in listed][:2] == two_versions[::-1]
    assert listed[-1]["VersionId"] == "null"
    assert [item["IsLatest"] for item in listed] == [True] + [False] * (len(listed) - 1)


def test_versions_are_listed_in_pages(s3, two_versions):
    whole = s3.list_object_versions(Bucket=BUCKET, Prefix=KEY)["Versions"]
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=BUCKET, Prefix=KEY, PaginationConfig={"PageSize": 1}
    )
    assert [item["VersionId"] for page in pages for item in page["Versions"]] == [item["VersionId"] for item in whole]


def test_deleted_object_is_hidden_and_comes_back_without_its_marker(s3, two_versions):
    marker = s3.delete_object(Bucket=BUCKET, Key=KEY)
    assert marker["DeleteMarker"]
    with pytest.raises(ClientError) as error:
        content(s3)
    assert error.value.response["Error"]["Code"] == "NoSuchKey"
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    assert content(s3, VersionId=two_versions[1]) == b"second"
    s3.delete_object(Bucket=BUCKET, Key=KEY, VersionId=marker["VersionId"])
    assert content(s3) == b"second"


def test_deleting_the_current_version_brings_back_the_one_before(s3, two_versions):
    first, second = two_versions
    s3.delete_object(Bucket=BUCKET, Key=KEY, VersionId=second)
    assert content(s3) == b"first"
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["VersionId"] == first
    with pytest.raises(ClientError) as error:
        content(s3, VersionId=second)
    assert error.value.response["Error"]["Code"] == "NoSuchVersion"


def test_earlier_version_is_restored_by_copy(s3, two_versions):
    source = {"Bucket": BUCKET, "Key": KEY, "VersionId": two_versions[0]}
    s3.copy_object(Bucket=BUCKET, Key=KEY, CopySource=source)
    assert content(s3) == b"first"


def test_suspended_versioning_keeps_one_null_version(s3, two_versions):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"null 1")
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"null 2")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix=KEY)["Versions"]
    assert [item["VersionId"] for item in listed].count("null") == 1
    assert content(s3, VersionId="null") == b"null 2"
    assert content(s3, VersionId=two_versions[1]) == b"second"


def test_bucket_with_versions_is_not_empty(s3):
    s3.create_bucket(Bucket="versioned-once")
    s3.put_bucket_versioning(Bucket="versioned-once", VersioningConfiguration={"Status": "Enabled"})
    put = s3.put_object(Bucket="versioned-once", Key="k", Body=b"x")
    marker = s3.delete_object(Bucket="versioned-once", Key="k")
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket="versioned-once")
    assert error.value.response["Error"]["Code"] == "BucketNotEmpty"
    versions = [{"Key": "k", "VersionId": version} for version in (put["VersionId"], marker["VersionId"])]
    s3.delete_objects(Bucket="versioned-once", Delete={"Objects": versions})
    s3.delete_bucket(Bucket="versioned-once")


def test_an_object_whose_key_ends_in_a_slash_has_versions_empty_ones_too(s3):
    put = {"Bucket": BUCKET, "Key": "logs/"}
    bodies = [b"first", b"second", b"", b"", b"third"]
    versions = [s3.put_object(**put, Body=body)["VersionId"] for body in bodies]
    assert [s3.get_object(**put, VersionId=version)["Body"].read() for version in versions] == bodies
    s3.delete_object(**put, VersionId=versions.pop())
    assert s3.head_object(**put)["VersionId"] == versions[-1]
    marker = s3.delete_object(**put)
    assert marker["DeleteMarker"]
    s3.delete_object(**put, VersionId=marker["VersionId"])
    assert s3.get_object(**put)["Body"].read() == b""
    for version in versions[:1:-1]:
        s3.delete_object(**put, VersionId=version)
    assert s3.get_object(**put)["Body"].read() == b"second"
    for version in versions[:2]:
        s3.delete_object(**put, VersionId=version)
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET, Prefix="logs/")


@pytest.mark.parametrize("before", [b"before versioning", b""])
def test_what_a_key_with_a_slash_at_its_end_held_before_versioning_stays(s3, before):
    bucket = f"slashes-{len(before)}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="logs/", Body=before)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="logs/", Body=b"" if before else b"content")["VersionId"]
    assert s3.get_object(Bucket=bucket, Key="logs/", VersionId="null")["Body"].read() == before
    listed = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [one["VersionId"] for one in listed] == [version, "null"]


def test_a_folder_object_has_no_versions(s3):
    for _ in range(2):
        s3.put_object(Bucket=BUCKET, Key="folder/", Body=b"")
    assert "DeleteMarker" not in s3.delete_object(Bucket=BUCKET, Key="folder/")
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix="folder/")
    assert not listed.keys() & {"Versions", "DeleteMarkers"}


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_versions_that_go_page_by_page_all_go(s3, page_size):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=BUCKET, Key="gone", Body=b"null")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for number in range(4):
        s3.put_object(Bucket=BUCKET, Key="gone", Body=str(number).encode())
    s3.delete_object(Bucket=BUCKET, Key="gone")
    kept = s3.put_object(Bucket=BUCKET, Key="gone.not", Body=b"")["VersionId"]
    deleted = []
    paging = {"PageSize": page_size}
    for page in s3.get_paginator("list_object_versions").paginate(
        Bucket=BUCKET, Prefix="gone", PaginationConfig=paging
    ):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            if version["Key"] == "gone":
                deleted.append(version["VersionId"])
                s3.delete_object(Bucket=BUCKET, Key="gone", VersionId=version["VersionId"])
    assert len(deleted) == len(set(deleted)) == 6
    left = s3.list_object_versions(Bucket=BUCKET, Prefix="gone")["Versions"]
    assert [version["VersionId"] for version in left] == [kept]
    s3.delete_object(Bucket=BUCKET, Key="gone.not", VersionId=kept)


def listed(page):
    return [(version["Key"], version["VersionId"]) for version in page.get("Versions", [])]


@pytest.mark.parametrize("place", range(4))
def test_a_listing_goes_on_where_the_null_version_was_that_is_there_no_more(s3, place):
    key = f"null-at-{place}"
    for number in range(4):
        status = "Suspended" if number == place else "Enabled"
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})
        s3.put_object(Bucket=BUCKET, Key=key, Body=str(number).encode())
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=BUCKET, Key=f"{key}-and-more", Body=b"")
    listing = {"Bucket": BUCKET, "Prefix": key}
    whole = listed(s3.list_object_versions(**listing))
    page = s3.list_object_versions(**listing, MaxKeys=4 - place)
    assert listed(page)[-1] == (key, "null")
    s3.delete_object(Bucket=BUCKET, Key=key, VersionId="null")
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"another null version")
    following = s3.list_object_versions(
        **listing, KeyMarker=page["NextKeyMarker"], VersionIdMarker=page["NextVersionIdMarker"]
    )
    assert listed(page) + listed(following) == whole
