"""Updates of DynamoDB items: what they compute, and what AWS refuses."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.dynamodb.items import VALIDATION, get, key_of, put, update
from tests.local_aws.refusals import error_code


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
