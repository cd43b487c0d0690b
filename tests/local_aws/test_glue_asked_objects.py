"""What the endpoint answers of files that are not mounted, where Hadoop's client alone does not show it."""

from io import BytesIO

import pytest

from local_aws.glue.jobs.asked_objects import CHUNK_BYTES, Content


@pytest.mark.parametrize("size", [0, 3, CHUNK_BYTES, CHUNK_BYTES + 3])
def test_no_more_of_a_file_is_answered_than_was_announced_though_it_has_grown_since(size: int) -> None:
    written = bytes(range(256)) * (CHUNK_BYTES // 128)
    file = BytesIO(written)
    file.seek(7)

    assert b"".join(Content(file, size)) == written[7 : 7 + size]
