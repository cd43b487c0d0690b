"""What becomes of an export when the endpoint is killed."""

import pytest

from local_aws.dynamodb.exports import Export, exports_of
from local_aws.dynamodb.models import LocalDynamoDbBackend
from local_aws.settings import ACCOUNT_ID, endpoint_settings


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts a backend over the same files each time."""
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    endpoint_settings.cache_clear()
    yield lambda: LocalDynamoDbBackend("us-east-1", ACCOUNT_ID)
    endpoint_settings.cache_clear()


def test_an_export_that_was_under_way_has_failed_after_a_restart(start):
    database = start().store.database
    for name, status in (("a", "IN_PROGRESS"), ("b", "COMPLETED")):
        export = Export(f"arn/export/{name}", "arn", "id", 0.0, "bucket", "", "token", 0.0, status=status)
        database.change(export.save)
    first, second = exports_of(start().store.database.reader())
    assert (first.status, second.status) == ("FAILED", "COMPLETED")
    assert "restarted" in first.description()["FailureMessage"]
