"""DynamoDB items: what one request writes and reads, and what AWS refuses."""

import random
import re
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.refusals import error_code

TABLE = "items"
VALIDATION = "ValidationException"


@pytest.fixture(scope="module")
def dynamodb(aws):
    client = aws("dynamodb")
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "kind", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by_time",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_kind",
                "KeySchema": [
                    {"AttributeName": "kind", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@pytest.fixture
def partition(request):
    return request.node.name


def key_of(partition, number=1):
    return {"pk": {"S": partition}, "sk": {"N": str(number)}}


def put(client, partition, number=1, **attributes):
    client.put_item(TableName=TABLE, Item=key_of(partition, number) | attributes)


def get(client, partition, number=1, **settings):
    return client.get_item(TableName=TABLE, Key=key_of(partition, number), **settings).get("Item")


def update(client, partition, expression, values=None, **settings):
    if values:
        settings["ExpressionAttributeValues"] = values
    request = {"TableName": TABLE, "Key": key_of(partition), "UpdateExpression": expression}
    return client.update_item(**request, **settings).get("Attributes")


def test_every_type_comes_back_as_it_went_in(dynamodb, partition):
    attributes = {
        "text": {"S": "\u00e4 \U0001f600 'quoted' \"text\""},
        "empty": {"S": ""},
        "amount": {"N": "-12345678901234567890.123456789012345678"},
        "binary": {"B": bytes(range(256))},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "map": {"M": {"a": {"L": [{"N": "1"}, {"M": {}}]}, "": {"S": "x"}}},
        "list": {"L": []},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["-1", "2", "10"]},
        "binaries": {"BS": [b"", b"\x00"]},
    }
    put(dynamodb, partition, **attributes)
    assert get(dynamodb, partition, ConsistentRead=True) == attributes | key_of(partition)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("-0", "0"),
        ("+7", "7"),
        ("1" + "0" * 125, "1" + "0" * 125),
        ("1E-130", "0." + "0" * 129 + "1"),
    ],
)
def test_a_number_has_one_form(dynamodb, partition, given, stored):
    put(dynamodb, partition, n={"N": given})
    assert get(dynamodb, partition)["n"] == {"N": stored}


@pytest.mark.parametrize(
    "attributes",
    [
        {"n": {"N": "1" * 39}},
        {"n": {"N": "1E126"}},
        {"n": {"N": "1E-131"}},
        {"n": {"N": "NaN"}},
        {"n": {"N": "one"}},
        {"s": {"SS": []}},
        {"s": {"SS": ["a", "a"]}},
        {"s": {"NS": ["1", "1.0"]}},
        {"s": {"NULL": False}},
        {"s": {}},
        {"s": {"S": "x" * (400 << 10)}},
        {"pk": {"S": ""}},
        {"pk": {"N": "1"}},
        {"pk": {"S": "x" * 2049}},
        {"kind": {"S": ""}},
        {"kind": {"N": "1"}},
    ],
)
def test_what_is_no_item_is_refused(dynamodb, partition, attributes):
    item = key_of(partition) | attributes
    assert error_code(dynamodb.put_item, TableName=TABLE, Item=item) == VALIDATION


def test_a_condition_decides_and_tells_what_is_there(dynamodb, partition):
    put(dynamodb, partition, n={"N": "1"})
    request = {
        "TableName": TABLE,
        "Item": key_of(partition) | {"n": {"N": "2"}},
        "ConditionExpression": "attribute_not_exists(pk) OR n < :n",
        "ExpressionAttributeValues": {":n": {"N": "1.0"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as error:
        dynamodb.put_item(**request)
    assert error.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert error.value.response["Item"]["n"] == {"N": "1"}
    dynamodb.put_item(**request | {"ExpressionAttributeValues": {":n": {"N": "2"}}})
    assert get(dynamodb, partition)["n"] == {"N": "2"}


ITEM = {
    "n": {"N": "5"},
    "s": {"S": "apple"},
    "l": {"L": [{"S": "a"}, {"N": "2"}]},
    "m": {"M": {"in": {"N": "3"}}},
    "ss": {"SS": ["x", "y"]},
    "b": {"B": b"\x01\x02"},
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("n = :five", True),
        ("n <> :five", False),
        ("nowhere = :five", False),
        ("nowhere <> :five", True),
        ("s < :five", False),
        ("n BETWEEN :four AND :five", True),
        ("n IN (:four, :apple, :five)", True),
        ("NOT n IN (:four)", True),
        ("begins_with(s, :ap)", True),
        ("contains(s, :ap)", True),
        ("contains(ss, :x)", True),
        ("contains(l, :two)", True),
        ("contains(ss, :two)", False),
        ("size(s) = :five", True),
        ("size(l) < :four", True),
        ("size(nowhere) < :four", False),
        ("size(b) = :two", True),
        ("attribute_type(m, :map)", True),
        ("attribute_exists(m.#in) AND attribute_not_exists(l[2])", True),
        ("m.#in = :three and l[1] = :two", True),
        ("n = :four OR n = :five AND s = :ap", False),
        ("(n = :four OR n = :five) AND s = :apple", True),
        ("NOT (n = :four) AND NOT attribute_exists(nowhere)", True),
    ],
)
def test_conditions_mean_what_the_guide_says(dynamodb, partition, condition, holds):
    put(dynamodb, partition, **ITEM)
    values = {
        ":two": {"N": "2"},
        ":three": {"N": "3"},
        ":four": {"N": "4"},
        ":five": {"N": "5.0"},
        ":ap": {"S": "ap"},
        ":apple": {"S": "apple"},
        ":x": {"S": "x"},
        ":map": {"S": "M"},
    }
    used = {name: values[name] for name in re.findall(r":\w+", condition)}
    request = {"TableName": TABLE, "KeyConditionExpression": "pk = :pk", "FilterExpression": condition}
    request["ExpressionAttributeValues"] = used | {":pk": {"S": partition}}
    if "#in" in condition:
        request["ExpressionAttributeNames"] = {"#in": "in"}
    assert dynamodb.query(**request)["Count"] == int(holds)


def test_an_update_computes_from_what_was_there_before(dynamodb, partition):
    put(dynamodb, partition, a={"N": "1"}, b={"N": "10"}, l={"L": [{"S": str(n)} for n in range(4)]}, ss={"SS": ["x"]})
    after = update(
        dynamodb,
        partition,
        "SET a = b + :one, b = a - :one, c = if_not_exists(c, :one), l[9] = :t, m = :m, e = list_append(:l, l)"
        " REMOVE l[0], l[2] ADD n :half, ss :y DELETE gone :y",
        {
            ":one": {"N": "1"},
            ":half": {"N": "0.5"},
            ":t": {"S": "t"},
            ":m": {"M": {"x": {"N": "1"}}},
            ":l": {"L": [{"S": "first"}]},
            ":y": {"SS": ["y"]},
        },
        ReturnValues="ALL_NEW",
    )
    assert (after["a"], after["b"], after["c"], after["n"]) == ({"N": "11"}, {"N": "0"}, {"N": "1"}, {"N": "0.5"})
    assert [one["S"] for one in after["l"]["L"]] == ["1", "3", "t"]
    assert [one["S"] for one in after["e"]["L"]] == ["first", "0", "1", "2", "3"]
    assert after["ss"] == {"SS": ["x", "y"]}
    assert get(dynamodb, partition) == after
    changed = update(
        dynamodb,
        partition,
        "SET m.x = m.x + :v DELETE ss :all",
        {":v": {"N": "1"}, ":all": {"SS": ["x", "y"]}},
        ReturnValues="UPDATED_NEW",
    )
    assert changed == {"m": {"M": {"x": {"N": "2"}}}}
    assert "ss" not in get(dynamodb, partition)


def test_an_update_makes_an_item_that_is_not_there(dynamodb, partition):
    assert update(dynamodb, partition, "ADD hits :one", {":one": {"N": "1"}}, ReturnValues="ALL_OLD") is None
    assert get(dynamodb, partition) == key_of(partition) | {"hits": {"N": "1"}}


def test_sums_are_exact_to_38_digits(dynamodb, partition):
    put(dynamodb, partition, n={"N": "9" * 38})
    assert error_code(update, dynamodb, partition, "ADD n :v", {":v": {"N": "0.1"}}) == VALIDATION
    after = update(dynamodb, partition, "ADD n :v", {":v": {"N": "-1"}}, ReturnValues="ALL_NEW")
    assert after["n"] == {"N": "9" * 37 + "8"}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("SET sk = :v", "part of the key"),
        ("SET a.b = :v", "document path"),
        ("SET a = nowhere + :v", "does not exist in the item"),
        ("SET a = s + :v", "incorrect data type"),
        ("SET a = :v, a.b = :v", "overlap"),
        ("SET a = :v SET b = :v", "only be used once"),
        ("SET name = :v", "reserved keyword; reserved keyword: name"),
        ("SET a = :missing, b = :v", "attribute value: :missing"),
        ("SET #missing = :v", "attribute name: #missing"),
        ("SET a = b", ":v"),
        ("SET a == :v", 'Syntax error; token: "="'),
        ("SET a = foo(:v)", "Invalid function name; function: foo"),
        ("ADD s :v", "incorrect data type"),
        ("DELETE a :v", "Incorrect operand type"),
        ("", "can not be empty"),
    ],
)
def test_an_update_that_cannot_be_made_is_refused_with_its_cause(dynamodb, partition, expression, message):
    put(dynamodb, partition, s={"S": "text"}, b={"N": "1"})
    with pytest.raises(ClientError, match="ValidationException") as error:
        update(dynamodb, partition, expression, {":v": {"N": "1"}})
    assert message in error.value.response["Error"]["Message"]
    assert get(dynamodb, partition) == key_of(partition) | {"s": {"S": "text"}, "b": {"N": "1"}}


def test_legacy_parameters_and_partiql_are_refused_by_name(dynamodb, partition):
    with pytest.raises(ClientError, match=r"NotImplemented.*Expected of PutItem"):
        dynamodb.put_item(TableName=TABLE, Item=key_of(partition), Expected={"pk": {"Exists": False}})
    with pytest.raises(ClientError, match=r"NotImplemented.*ExecuteStatement"):
        dynamodb.execute_statement(Statement="SELECT * FROM items")


def query(client, partition, condition="pk = :pk", values=None, **settings):
    """All pages' items."""
    values = {":pk": {"S": partition}} | (values or {})
    pages = client.get_paginator("query").paginate(
        TableName=TABLE, KeyConditionExpression=condition, ExpressionAttributeValues=values, **settings
    )
    return [item for page in pages for item in page["Items"]]


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


def test_batches_write_and_read_what_they_are_given(dynamodb, partition):
    puts = [{"PutRequest": {"Item": key_of(partition, number)}} for number in range(25)]
    assert dynamodb.batch_write_item(RequestItems={TABLE: puts})["UnprocessedItems"] == {}
    keys = [key_of(partition, number) for number in range(30)]
    answer = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": keys, "ProjectionExpression": "sk"}})
    assert sorted(int(item["sk"]["N"]) for item in answer["Responses"][TABLE]) == list(range(25))
    for requests in (puts + puts[:1], puts[:1] * 2):
        assert error_code(dynamodb.batch_write_item, RequestItems={TABLE: requests}) == VALIDATION
    assert error_code(dynamodb.batch_get_item, RequestItems={TABLE: {"Keys": keys[:1] * 2}}) == VALIDATION


def test_consumed_capacity_counts_bytes_and_indexes(dynamodb, partition):
    item = key_of(partition) | {"text": {"S": "x" * 5000}, "kind": {"S": "k"}, "at": {"N": "1"}}
    written = dynamodb.put_item(TableName=TABLE, Item=item, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert (written["Table"]["CapacityUnits"], written["CapacityUnits"]) == (5, 15)
    key = {"TableName": TABLE, "Key": key_of(partition), "ReturnConsumedCapacity": "TOTAL"}
    assert dynamodb.get_item(**key)["ConsumedCapacity"]["CapacityUnits"] == 1
    assert dynamodb.get_item(**key, ConsistentRead=True)["ConsumedCapacity"]["CapacityUnits"] == 2


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
