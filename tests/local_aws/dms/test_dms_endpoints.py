"""Endpoints: what is refused, and connection tests that connect."""

import pytest
from botocore.exceptions import ClientError


def test_a_postgres_source_that_answers_is_successful(migration):
    assert migration.test_connection(migration.source_endpoint())["Status"] == "successful"


def test_a_mongodb_source_that_answers_is_successful(migration, mongo_server):
    endpoint_arn = migration.endpoint(EndpointType="source", EngineName="mongodb", DatabaseName="d", **mongo_server)
    assert migration.test_connection(endpoint_arn)["Status"] == "successful"


def test_a_bucket_that_exists_is_successful(migration):
    assert migration.test_connection(migration.target_endpoint())["Status"] == "successful"


def test_a_port_where_nobody_listens_is_failed_with_the_reason(migration):
    connection = migration.test_connection(migration.source_endpoint(Port=1))
    assert connection["Status"] == "failed"
    assert "127.0.0.1:1 cannot be reached" in connection["LastFailureMessage"]


def test_a_database_that_does_not_exist_is_failed_with_the_reason(migration):
    connection = migration.test_connection(migration.source_endpoint(DatabaseName="absent"))
    assert 'database "absent" does not exist' in connection["LastFailureMessage"]


def test_a_bucket_that_does_not_exist_is_failed_with_its_name(migration):
    connection = migration.test_connection(migration.target_endpoint(BucketName="no-such-bucket"))
    assert "no-such-bucket" in connection["LastFailureMessage"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"EndpointType": "source", "EngineName": "mysql"}, "mysql"),
        ({"EndpointType": "target", "EngineName": "kafka"}, "kafka"),
        ({"EndpointType": "source", "EngineName": "postgres", "ExtraConnectionAttributes": "a=b"}, "ExtraConnection"),
    ],
)
def test_an_engine_that_is_not_carried_out_is_refused_by_name(migration, values, named):
    with pytest.raises(ClientError, match=named):
        migration.endpoint(**values)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("DatePartitionEnabled", True), ("CsvNullValue", "NULL"), ("Rfc4180", False), ("EncryptionMode", "sse-kms")],
)
def test_an_s3_setting_that_is_not_carried_out_is_refused_by_name(migration, setting, value):
    with pytest.raises(ClientError, match=setting):
        migration.target_endpoint(**{setting: value})


def test_the_password_is_not_shown(migration):
    endpoint_arn = migration.source_endpoint(Password="do-not-show")
    assert "do-not-show" not in str(
        migration.dms.describe_endpoints(Filters=[{"Name": "endpoint-arn", "Values": [endpoint_arn]}])
    )
