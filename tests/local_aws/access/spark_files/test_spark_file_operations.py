"""What else Hadoop's client asks of files that are not mounted, and what is none of its questions."""

from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.local_aws.access.conftest import allow
from tests.local_aws.access.spark_files.conftest import EVERYTHING, LAKE, assert_denied, put


def test_a_summary_counts_what_is_below_a_folder_for_who_may_list_it(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/day/a/one.txt", "four")
    put(buckets / "lake/day/two.txt", "sixsix")

    with files(allow("s3:ListBucket", LAKE, Condition={"StringLike": {"s3:prefix": "day/*"}})) as asked:
        status, said = asked.get("lake/day", "GETCONTENTSUMMARY")
        assert_denied(asked.get("lake/", "GETCONTENTSUMMARY"), "s3:ListBucket", "lake")

    assert status == 200
    counted = {name: said["ContentSummary"][name] for name in ("fileCount", "directoryCount", "length")}
    assert counted == {"fileCount": 2, "directoryCount": 2, "length": 10}


def test_access_is_what_the_role_may(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/day/one.txt")

    with files(allow(["s3:GetObject", "s3:ListBucket"], [LAKE, f"{LAKE}/*"])) as asked:
        assert asked.get("lake/day/one.txt", "CHECKACCESS", fsaction="r--")[0] == 200
        assert asked.get("lake/day", "CHECKACCESS", fsaction="r-x")[0] == 200
        refused = asked.get("lake/day/one.txt", "CHECKACCESS", fsaction="-w-")
        assert_denied(refused, "s3:PutObject", "lake/day/one.txt")
        assert_denied(asked.get("lake/day", "CHECKACCESS", fsaction="rwx"), "s3:PutObject", "lake/day/")
        assert asked.get("lake/absent", "CHECKACCESS", fsaction="r--")[0] == 404
    with files(allow("s3:PutObject", f"{LAKE}/*")) as asked:
        refused = asked.get("lake/day/one.txt", "CHECKACCESS", fsaction="r--")
        assert_denied(refused, "s3:GetObject", "lake/day/one.txt")


@pytest.mark.parametrize("operation", ["SETPERMISSION", "SETOWNER", "SETTIMES"])
def test_what_objects_do_not_have_is_set_without_effect(files: Callable, buckets: Path, operation: str) -> None:
    path = put(buckets / "lake/a.txt")
    before = path.stat()

    with files(allow("s3:ListBucket", "*")) as asked:
        assert asked.ask("PUT", "lake/a.txt", operation, permission="000", owner="x", modificationtime="1")[0] == 200

    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (before.st_mode, before.st_uid, before.st_mtime_ns)


def test_a_checksum_is_refused_in_a_sentence(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/a.txt")
    said = "The local Glue does not support GETFILECHECKSUM of files that are not mounted."

    with files(EVERYTHING) as asked:
        answer = asked.get("lake/a.txt", "GETFILECHECKSUM")

    assert answer == (400, f"UnsupportedOperationException: {said}")


def test_nothing_of_jobs_files_reaches_another_service(files: Callable, buckets: Path) -> None:
    put(buckets / "lake/a.txt")
    with files(EVERYTHING) as ended:
        pass
    with files(EVERYTHING) as asked:
        asked.secret = "none"
        ended_answer = (400, "IOException: No run of a job that goes on has these files")
        for one in (ended, asked):
            assert one.get("lake/a.txt", "OPEN") == ended_answer
            assert one.create("lake/b.txt") == ended_answer
            assert one.get("", "LISTSTATUS") == ended_answer
        asked.secret = ""
        status, said = asked.get("", "GETHOMEDIRECTORY")
        assert (status, said["Path"][0]) == (200, "/")
        assert asked.get("", "GETSERVERDEFAULTS")[1]["FsServerDefaults"]["blockSize"] > 0
        assert asked.get("", "GETDELEGATIONTOKEN") == ended_answer

    assert [entry.name for entry in (buckets / "lake").iterdir()] == ["a.txt"]


def test_a_bucket_of_the_same_name_is_served_as_any_other(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    for path in ("/webhdfs/v1/key", "/webhdfs/key?op=OPEN", "/webhdfs"):
        connection.request("GET", path)
        assert connection.getresponse().read() == b"another service"
    connection.close()
