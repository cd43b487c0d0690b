"""DynamoDB tables: what they are set to, what follows from it, and stacks that make them."""

import itertools
import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.refusals import error_code
from tests.local_aws.stacks import create

VALIDATION = "ValidationException"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def dynamodb(aws):
    return aws("dynamodb")


@pytest.fixture
def make_table(dynamodb):
    """Makes a table with the partition key `id`, and returns its name; it is deleted after the test."""
    made = []

    def make(**settings):
        made.append(f"table-{next(_numbers)}")
        dynamodb.create_table(**definition(made[-1]) | settings)
        return made[-1]

    yield make
    for name in made:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)


def definition(name, **settings):
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    } | settings


def item(number, **attributes):
    return {"id": {"S": str(number)}} | attributes


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}


def test_a_table_is_described_as_it_was_made(dynamodb, make_table):
    name = make_table(Tags=[{"Key": "team", "Value": "trades"}], DeletionProtectionEnabled=True)
    for number in range(3):
        dynamodb.put_item(TableName=name, Item=item(number))
    dynamodb.delete_item(TableName=name, Key=item(0))
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert (table["TableStatus"], table["ItemCount"], table["TableSizeBytes"]) == ("ACTIVE", 2, 6)
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [{"Key": "team", "Value": "trades"}]
    assert error_code(dynamodb.delete_table, TableName=name) == VALIDATION
    assert error_code(dynamodb.create_table, **definition(name)) == "ResourceInUseException"
    assert name in dynamodb.list_tables()["TableNames"]
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    assert error_code(dynamodb.describe_table, TableName="nowhere") == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "settings",
    [
        {"TableName": "x"},
        {"BillingMode": "PROVISIONED"},
        {"ProvisionedThroughput": PROVISIONED["ProvisionedThroughput"]},
        {"AttributeDefinitions": [{"AttributeName": "other", "AttributeType": "S"}]},
        {"AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "other")]},
        {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "EVERYTHING"}},
    ],
)
def test_what_is_no_table_is_refused(dynamodb, settings):
    assert error_code(dynamodb.create_table, **definition("refused", **settings)) == VALIDATION


def test_a_table_gets_an_index_with_the_items_that_it_has(dynamodb, make_table):
    name = make_table()
    for number in range(5):
        dynamodb.put_item(TableName=name, Item=item(number, kind={"S": "even" if number % 2 == 0 else "odd"}))
    index = {
        "IndexName": "by_kind",
        "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    dynamodb.update_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "kind", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )
    query = {"TableName": name, "IndexName": "by_kind", "KeyConditionExpression": "kind = :k"}
    found = dynamodb.query(**query, ExpressionAttributeValues={":k": {"S": "odd"}})["Items"]
    assert sorted(one["id"]["S"] for one in found) == ["1", "3"]
    dynamodb.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_kind"}}])
    assert error_code(dynamodb.query, **query, ExpressionAttributeValues={":k": {"S": "odd"}}) == VALIDATION
    dynamodb.put_item(TableName=name, Item=item(9, kind={"N": "1"}))


def test_a_provisioned_table_refuses_what_goes_beyond_its_units(dynamodb, make_table):
    """Which is how a test makes a table refuse: one write unit, set by UpdateTable."""
    name = make_table()
    dynamodb.put_item(TableName=name, Item=item(0))
    dynamodb.update_table(TableName=name, **PROVISIONED)

    def write_often():
        for number in range(50):
            dynamodb.put_item(TableName=name, Item=item(number))

    def read_often():
        for _ in range(50):
            dynamodb.get_item(TableName=name, Key=item(0), ConsistentRead=True)

    assert error_code(write_often) == "ProvisionedThroughputExceededException"
    assert error_code(read_often) == "ProvisionedThroughputExceededException"
    time.sleep(1.1)
    puts = [{"PutRequest": {"Item": item(number)}} for number in range(25)]
    unprocessed = dynamodb.batch_write_item(RequestItems={name: puts})["UnprocessedItems"][name]
    assert all(request in puts for request in unprocessed)
    assert 0 < len(unprocessed) < 25
    dynamodb.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
    dynamodb.batch_write_item(RequestItems={name: unprocessed})
    write_often()
    assert dynamodb.describe_table(TableName=name)["Table"]["ItemCount"] == 50


def read_stream(streams, arn, **start):
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    request = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"} | start
    return streams.get_records(ShardIterator=streams.get_shard_iterator(**request)["ShardIterator"])["Records"]


def stream_arn(dynamodb, name):
    return dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]


@pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
def test_a_stream_has_each_change_in_its_view(aws, dynamodb, make_table, view):
    name = make_table(StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
    dynamodb.put_item(TableName=name, Item=item(1, n={"N": "1"}))
    dynamodb.put_item(TableName=name, Item=item(1, n={"N": "1.0"}))
    dynamodb.put_item(TableName=name, Item=item(1, n={"N": "2"}))
    dynamodb.delete_item(TableName=name, Key=item(1))
    dynamodb.delete_item(TableName=name, Key=item(1))
    records = read_stream(aws("dynamodbstreams"), stream_arn(dynamodb, name))
    one, two = item(1, n={"N": "1"}), item(1, n={"N": "2"})
    expected = [("INSERT", None, one), ("MODIFY", one, two), ("REMOVE", two, None)]
    assert [record["eventName"] for record in records] == [name for name, _, _ in expected]
    for record, (_, old, new) in zip(records, expected, strict=True):
        change = record["dynamodb"]
        assert change["Keys"] == item(1)
        assert change.get("OldImage") == (old if "OLD" in view else None)
        assert change.get("NewImage") == (new if "NEW" in view else None)
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(set(numbers))


def test_a_stream_is_read_from_any_of_its_places_and_after_its_end(aws, dynamodb, make_table):
    name = make_table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    streams, arn = aws("dynamodbstreams"), stream_arn(dynamodb, name)
    for number in range(3):
        dynamodb.put_item(TableName=name, Item=item(number))
    numbers = [record["dynamodb"]["SequenceNumber"] for record in read_stream(streams, arn)]
    at = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": numbers[1]}
    assert len(read_stream(streams, arn, **at)) == 2
    assert len(read_stream(streams, arn, **at | {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER"})) == 1
    assert read_stream(streams, arn, ShardIteratorType="LATEST") == []
    dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    dynamodb.put_item(TableName=name, Item=item(9))
    assert len(read_stream(streams, arn)) == 3
    assert streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"
    dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    assert stream_arn(dynamodb, name) != arn
    assert read_stream(streams, stream_arn(dynamodb, name)) == []


def test_an_items_time_comes_and_the_stream_says_that_the_service_deleted_it(start_endpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_AWS_TIME_TO_LIVE_SECONDS", "0.1")
    with start_endpoint(tmp_path) as endpoint:
        client = endpoint.client("dynamodb")
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        client.create_table(**definition("expiring", StreamSpecification=stream))
        now = int(time.time())
        for number, expires in enumerate((now - 10, now + 3600, now - 6 * 365 * 86_400)):
            client.put_item(TableName="expiring", Item=item(number, expires={"N": str(expires)}))
        specification = {"Enabled": True, "AttributeName": "expires"}
        client.update_time_to_live(TableName="expiring", TimeToLiveSpecification=specification)
        client.put_item(TableName="expiring", Item=item(3, expires={"N": str(now - 5)}))
        client.put_item(TableName="expiring", Item=item(4, expires={"S": str(now - 5)}))
        wait_for(lambda: client.scan(TableName="expiring")["Count"] == 3)
        kept = {one["id"]["S"] for one in client.scan(TableName="expiring")["Items"]}
        assert kept == {"1", "2", "4"}
        records = read_stream(endpoint.client("dynamodbstreams"), stream_arn(client, "expiring"))
        deleted = [record for record in records if record["eventName"] == "REMOVE"]
        assert {record["dynamodb"]["OldImage"]["id"]["S"] for record in deleted} == {"0", "3"}
        service = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
        assert all(record["userIdentity"] == service for record in deleted)
        described = client.describe_time_to_live(TableName="expiring")["TimeToLiveDescription"]
        assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_recovery_to_a_point_in_time_is_told(dynamodb, make_table):
    name = make_table()

    def status():
        described = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        return described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]

    assert status() == "DISABLED"
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    assert status() == "ENABLED"
    assert error_code(dynamodb.describe_continuous_backups, TableName="nowhere") == "TableNotFoundException"
    with pytest.raises(ClientError, match=r"NotImplemented.*CreateBackup"):
        dynamodb.create_backup(TableName=name, BackupName="backup")


def stacked(**settings):
    properties = definition("stacked") | settings
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Table", "Arn"]}}}
    if "StreamSpecification" in settings:
        outputs["Stream"] = {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}
    resources = {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}
    return {"resources": resources, "Outputs": outputs}


def test_a_stack_creates_changes_and_deletes_a_table(dynamodb, stacks):
    view = {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}
    expiry = {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": "true"}}
    stack = create(stacks, **stacked(**view, **expiry))
    table = dynamodb.describe_table(TableName="stacked")["Table"]
    told = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert told == {"Arn": table["TableArn"], "Stream": table["LatestStreamArn"]}
    dynamodb.put_item(TableName="stacked", Item=item(1, kind={"S": "k"}))
    changed = stacked(
        **PROVISIONED,
        DeletionProtectionEnabled="false",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_kind",
                "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": "5"},
            }
        ],
    )
    changed["Resources"] = changed.pop("resources")
    stacks.update_stack(StackName="test", TemplateBody=json.dumps(changed))
    assert stacks.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    table = dynamodb.describe_table(TableName="stacked")["Table"]
    assert (table["ItemCount"], table["GlobalSecondaryIndexes"][0]["IndexName"]) == (1, "by_kind")
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 1
    assert "StreamSpecification" not in table
    expiry = dynamodb.describe_time_to_live(TableName="stacked")["TimeToLiveDescription"]
    assert expiry["TimeToLiveStatus"] == "DISABLED"
    stacks.delete_stack(StackName="test")
    assert "stacked" not in dynamodb.list_tables()["TableNames"]
