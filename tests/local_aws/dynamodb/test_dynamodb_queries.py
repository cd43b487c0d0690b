"""Queries and scans of DynamoDB: their order, pages and indexes."""

import random
from decimal import Decimal

import pytest

from tests.local_aws.dynamodb.items import TABLE, VALIDATION, key_of, put, query, update
from tests.local_aws.refusals import error_code


def test_sort_keys_are_in_the_order_of_the_numbers(dynamodb, partition):
    chance = random.Random(3)  # noqa: S311
    numbers = {Decimal(chance.randint(-999, 999)).scaleb(chance.randint(-60, 60)).normalize() for _ in range(60)}
    numbers |= {Decimal(text) for text in ("0", "-1", "1", "10", "-10", "1.5", "-1.5", "1E125", "-1E125", "1E-130")}
    for number in numbers:
        put(dynamodb, partition, format(number, "f"))
    found = [Decimal(item["sk"]["N"]) for item in query(dynamodb, partition, PaginationConfig={"PageSize": 7})]
    assert found == sorted(numbers)
    backward = query(dynamodb, partition, ScanIndexForward=False, PaginationConfig={"PageSize": 7})
    assert [Decimal(item["sk"]["N"]) for item in backward] == sorted(numbers, reverse=True)
    middle = query(dynamodb, partition, "pk = :pk AND sk BETWEEN :a AND :b", {":a": {"N": "-10"}, ":b": {"N": "1.5"}})
    assert [Decimal(item["sk"]["N"]) for item in middle] == sorted(n for n in numbers if -10 <= n <= Decimal("1.5"))


def test_indexes_follow_the_items_and_have_what_they_project(dynamodb, partition):
    for number in range(6):
        put(
            dynamodb,
            partition,
            number,
            kind={"S": partition},
            at={"N": str(10 - number)},
            note={"S": "n"},
            other={"S": "o"},
        )
    update(dynamodb, partition, "SET #at = :at", {":at": {"N": "99"}}, ExpressionAttributeNames={"#at": "at"})
    dynamodb.update_item(TableName=TABLE, Key=key_of(partition, 2), UpdateExpression="REMOVE kind")
    dynamodb.delete_item(TableName=TABLE, Key=key_of(partition, 3))
    local = query(dynamodb, partition, IndexName="by_time", PaginationConfig={"PageSize": 2})
    assert [item["sk"]["N"] for item in local] == ["5", "4", "2", "0", "1"]
    assert local[0].keys() == {"pk", "sk", "at"}
    whole = query(dynamodb, partition, IndexName="by_time", Select="ALL_ATTRIBUTES")
    assert all("other" in item for item in whole)
    in_kind = query(dynamodb, partition, "kind = :pk", IndexName="by_kind", PaginationConfig={"PageSize": 2})
    assert [item["sk"]["N"] for item in in_kind] == ["5", "4", "0", "1"]
    assert in_kind[0].keys() == {"pk", "sk", "kind", "at", "note"}
    consistent = {"IndexName": "by_kind", "ConsistentRead": True}
    assert error_code(query, dynamodb, partition, "kind = :pk", **consistent) == VALIDATION


def test_a_page_ends_at_a_megabyte_or_at_the_limit_before_the_filter(dynamodb, partition):
    for number in range(6):
        put(dynamodb, partition, number, text={"S": "x" * 300_000})
    request = {"TableName": TABLE, "KeyConditionExpression": "pk = :pk"}
    request["ExpressionAttributeValues"] = {":pk": {"S": partition}}
    page = dynamodb.query(**request)
    assert (page["Count"], page["LastEvaluatedKey"]) == (4, key_of(partition, 3))
    assert dynamodb.query(**request, ExclusiveStartKey=page["LastEvaluatedKey"])["Count"] == 2
    nothing = dynamodb.query(**request, FilterExpression="attribute_exists(nowhere)", Limit=3)
    assert (nothing["Count"], nothing["ScannedCount"], nothing["LastEvaluatedKey"]) == (0, 3, key_of(partition, 2))


def test_scan_segments_have_every_item_once(dynamodb, partition):
    for number in range(40):
        put(dynamodb, f"{partition}-{number}")
    request = {
        "TableName": TABLE,
        "FilterExpression": "begins_with(pk, :p)",
        "TotalSegments": 3,
        "ProjectionExpression": "pk",
    }
    values = {":p": {"S": f"{partition}-"}}
    pages = [
        page["Items"]
        for segment in range(3)
        for page in dynamodb.get_paginator("scan").paginate(
            **request, ExpressionAttributeValues=values, Segment=segment
        )
    ]
    found = [item["pk"]["S"] for items in pages for item in items]
    assert sorted(found) == sorted(f"{partition}-{number}" for number in range(40))
    assert sum(bool(items) for items in pages) > 1


@pytest.mark.parametrize(
    "request_",
    [
        {"KeyConditionExpression": "sk = :v"},
        {"KeyConditionExpression": "pk > :pk"},
        {"KeyConditionExpression": "pk = :pk OR sk = :v"},
        {"KeyConditionExpression": "pk = :pk", "FilterExpression": "sk = :v"},
        {"KeyConditionExpression": "pk = :pk AND note = :v"},
        {"KeyConditionExpression": "pk = :pk AND begins_with(sk, :v)"},
        {"KeyConditionExpression": "pk = :pk", "IndexName": "nowhere"},
    ],
)
def test_a_query_that_no_key_answers_is_refused(dynamodb, request_):
    text = " ".join(request_.values())
    values = {name: value for name, value in {":pk": {"S": "p"}, ":v": {"N": "1"}}.items() if name in text}
    assert error_code(dynamodb.query, TableName=TABLE, ExpressionAttributeValues=values, **request_) == VALIDATION


def test_binary_keys_are_in_the_order_of_their_bytes(aws):
    client = aws("dynamodb")
    name = "binary-keys"
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "B"} for key in "ps"],
        BillingMode="PAY_PER_REQUEST",
    )
    contents = [bytes([first, 255 - first]) for first in range(0, 256, 17)]
    for content in contents[::-1]:
        client.put_item(TableName=name, Item={"p": {"B": b"\xff\x00"}, "s": {"B": content}})
    request = {"TableName": name, "KeyConditionExpression": "p = :p AND begins_with(s, :s)"}
    found = client.query(**request, ExpressionAttributeValues={":p": {"B": b"\xff\x00"}, ":s": {"B": b"\xff"}})
    assert [item["s"]["B"] for item in found["Items"]] == [b"\xff\x00"]
    everything = client.query(
        TableName=name, KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"B": b"\xff\x00"}}
    )
    assert [item["s"]["B"] for item in everything["Items"]] == contents
    client.delete_table(TableName=name)
