"""DynamoDB items: what one request writes and reads back, and on which conditions."""

import re

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.dynamodb.items import TABLE, VALIDATION, get, key_of, put
from tests.local_aws.refusals import error_code


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


def test_legacy_parameters_and_partiql_are_refused_by_name(dynamodb, partition):
    with pytest.raises(ClientError, match=r"NotImplemented.*Expected of PutItem"):
        dynamodb.put_item(TableName=TABLE, Item=key_of(partition), Expected={"pk": {"Exists": False}})
    with pytest.raises(ClientError, match=r"NotImplemented.*ExecuteStatement"):
        dynamodb.execute_statement(Statement="SELECT * FROM items")


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
