"""DynamoDB transactions: whole or not there, whoever else writes, and whatever ends the endpoint."""

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.local_aws.refusals import error_code

TABLE = "accounts"
ACCOUNTS = 20
MONEY = 1000


def make_accounts(client):
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    puts = [{"PutRequest": {"Item": key(number) | {"money": {"N": str(MONEY)}}}} for number in range(ACCOUNTS)]
    client.batch_write_item(RequestItems={TABLE: puts})


@pytest.fixture(scope="module")
def dynamodb(aws):
    client = aws("dynamodb")
    make_accounts(client)
    return client


def key(number):
    return {"id": {"N": str(number)}}


def money(client):
    items = client.scan(TableName=TABLE, FilterExpression="attribute_exists(money)")["Items"]
    return {int(item["id"]["N"]): int(item["money"]["N"]) for item in items}


def transfer(source, target, amount, **receipt):
    """Moves money where there is enough; a receipt is put beside it."""

    def update(number, expression, **condition):
        values = {":amount": {"N": str(amount)}}
        request = {"TableName": TABLE, "Key": key(number), "UpdateExpression": expression}
        return {"Update": request | {"ExpressionAttributeValues": values} | condition}

    actions = [
        update(source, "SET money = money - :amount", ConditionExpression="money >= :amount"),
        update(target, "SET money = money + :amount"),
    ]
    return actions + [
        {"Put": {"TableName": TABLE, "Item": key(number) | {"receipt": {"BOOL": True}}}} for number in receipt.values()
    ]


def test_nothing_is_done_of_a_cancelled_transaction_and_each_action_has_its_reason(dynamodb):
    before = money(dynamodb)
    actions = [
        *transfer(0, 1, 1),
        {
            "ConditionCheck": {
                "TableName": TABLE,
                "Key": key(2),
                "ConditionExpression": "money < :zero",
                "ExpressionAttributeValues": {":zero": {"N": "0"}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        },
        {"Delete": {"TableName": TABLE, "Key": key(3)}},
        {"Update": {"TableName": TABLE, "Key": key(4), "UpdateExpression": "SET money = nowhere"}},
    ]
    with pytest.raises(ClientError) as error:
        dynamodb.transact_write_items(TransactItems=actions)
    assert error.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = error.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == [
        "None",
        "None",
        "ConditionalCheckFailed",
        "None",
        "ValidationError",
    ]
    assert reasons[2]["Item"]["money"] == {"N": str(before[2])}
    assert money(dynamodb) == before


def test_a_transaction_is_made_once_whoever_repeats_it(dynamodb):
    before, token = money(dynamodb), str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        for _ in range(8):
            pool.submit(dynamodb.transact_write_items, TransactItems=transfer(0, 1, 5), ClientRequestToken=token)
    assert money(dynamodb) == before | {0: before[0] - 5, 1: before[1] + 5}
    other = {"TransactItems": transfer(0, 1, 6), "ClientRequestToken": token}
    assert error_code(dynamodb.transact_write_items, **other) == "IdempotentParameterMismatchException"


@pytest.mark.parametrize(
    "actions",
    [
        [*transfer(0, 1, 1), {"Delete": {"TableName": TABLE, "Key": key(0)}}],
        [{"Delete": {"TableName": TABLE, "Key": key(number)}} for number in range(101)],
        [{"Put": {"TableName": TABLE, "Item": key(n) | {"text": {"S": "x" * 300_000}}}} for n in range(500, 515)],
    ],
)
def test_what_is_no_transaction_is_refused(dynamodb, actions):
    assert error_code(dynamodb.transact_write_items, TransactItems=actions) == "ValidationException"


def test_a_reading_transaction_sees_one_moment(dynamodb):
    ended = threading.Event()

    def move():
        chance = random.Random(1)  # noqa: S311
        while not ended.is_set():
            dynamodb.transact_write_items(TransactItems=transfer(*chance.sample(range(ACCOUNTS), 2), 1))

    gets = [{"Get": {"TableName": TABLE, "Key": key(number)}} for number in range(ACCOUNTS)]
    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(move) for _ in range(2)]
        try:
            for _ in range(20):
                answers = dynamodb.transact_get_items(TransactItems=gets)["Responses"]
                assert sum(int(answer["Item"]["money"]["N"]) for answer in answers) == ACCOUNTS * MONEY
        finally:
            ended.set()
    assert all(writer.exception() is None for writer in writers)


def test_money_is_neither_made_nor_lost_when_the_endpoint_is_killed_among_transfers(own_endpoint):
    client = own_endpoint.client("dynamodb")
    make_accounts(client)
    acknowledged, sent = [], set()
    enough = threading.Event()

    def move(writer):
        mine, chance = own_endpoint.client("dynamodb"), random.Random(writer)  # noqa: S311
        for number in range(10_000):
            receipt = 1000 + writer * 10_000 + number
            actions = transfer(*chance.sample(range(ACCOUNTS), 2), chance.randint(1, 400), receipt=receipt)
            sent.add(receipt)
            try:
                mine.transact_write_items(TransactItems=actions)
            except ClientError:
                continue
            except BotoCoreError:
                return
            acknowledged.append(receipt)
            if len(acknowledged) > 150:
                enough.set()

    with ThreadPoolExecutor(4) as pool:
        for writer in range(4):
            pool.submit(move, writer)
        assert enough.wait(60)
        own_endpoint.kill()
    own_endpoint.start()
    balances = money(client)
    assert sum(balances.values()) == ACCOUNTS * MONEY
    assert min(balances.values()) >= 0
    pages = client.get_paginator("scan").paginate(TableName=TABLE, FilterExpression="attribute_exists(receipt)")
    receipts = {int(item["id"]["N"]) for page in pages for item in page["Items"]}
    assert set(acknowledged) <= receipts <= sent
    assert balances == balances_of(own_endpoint, client)


def balances_of(endpoint, client):
    """What the changes of the stream add up to."""
    streams = endpoint.client("dynamodbstreams")
    arn = client.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    request = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = streams.get_shard_iterator(**request)["ShardIterator"]
    balances = {}
    while records := (page := streams.get_records(ShardIterator=iterator))["Records"]:
        for record in records:
            image = record["dynamodb"]["NewImage"]
            if "money" in image:
                number = int(image["id"]["N"])
                assert balances.get(number) == (
                    int(record["dynamodb"]["OldImage"]["money"]["N"]) if "OldImage" in record["dynamodb"] else None
                )
                balances[number] = int(image["money"]["N"])
        iterator = page["NextShardIterator"]
    return balances
