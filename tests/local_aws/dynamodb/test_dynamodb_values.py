"""Values and expressions of DynamoDB against plain Python."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_aws.dynamodb import numbers
from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.expressions.requests import RequestExpressions
from local_aws.dynamodb.expressions.updates import updated
from local_aws.dynamodb.values import normalized_item

NUMBERS = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-90, 80),
)
ATTRIBUTES = ("a0", "b0", "c0")
ITEMS = st.dictionaries(st.sampled_from(ATTRIBUTES), st.integers(-5, 5), min_size=1)


@given(NUMBERS, NUMBERS)
@settings(max_examples=300, deadline=None)
def test_numbers_keep_their_value_and_their_order(one, other):
    texts = [numbers.canonical(str(number)) for number in (one, other)]
    assert [Decimal(text) for text in texts] == [one, other]
    assert (texts[0] == texts[1]) == (one == other)
    places = [numbers.sortable(text) for text in texts]
    assert (places[0] < places[1], places[0] == places[1]) == (one < other, one == other)


def conditions():
    """Texts of conditions, and what they mean of a dictionary of whole numbers."""
    operand = st.sampled_from(ATTRIBUTES)

    def compared(attribute, comparator, number):
        meanings = {
            "=": lambda item: attribute in item and item[attribute] == number,
            "<>": lambda item: attribute not in item or item[attribute] != number,
            "<": lambda item: attribute in item and item[attribute] < number,
            ">=": lambda item: attribute in item and item[attribute] >= number,
        }
        return f"{attribute} {comparator} :n{number + 5}", meanings[comparator]

    def exists(attribute):
        return f"attribute_exists({attribute})", lambda item: attribute in item

    leaves = st.one_of(
        st.builds(compared, operand, st.sampled_from(["=", "<>", "<", ">="]), st.integers(-5, 5)),
        st.builds(exists, operand),
    )

    def combined(inner):
        def both(word, left, right):
            meanings = {
                "AND": lambda item: left[1](item) and right[1](item),
                "OR": lambda item: left[1](item) or right[1](item),
            }
            return f"({left[0]}) {word} ({right[0]})", meanings[word]

        def negated(one):
            return f"NOT ({one[0]})", lambda item: not one[1](item)

        return st.one_of(st.builds(both, st.sampled_from(["AND", "OR"]), inner, inner), st.builds(negated, inner))

    return st.recursive(leaves, combined, max_leaves=6)


def as_item(values):
    return {name: {"N": str(value)} for name, value in values.items()}


@given(conditions(), ITEMS)
@settings(max_examples=300, deadline=None)
def test_a_condition_holds_where_it_holds_in_python(condition, values):
    text, meaning = condition
    placeholders = {f":n{number + 5}": {"N": str(number)} for number in range(-5, 6)}
    expressions = RequestExpressions({"FilterExpression": text, "ExpressionAttributeValues": placeholders})
    node = expressions.condition("FilterExpression")
    assert node.holds(as_item(values), expressions.values) == meaning(values)


@given(ITEMS, st.permutations(ATTRIBUTES), st.integers(-5, 5))
@settings(max_examples=100, deadline=None)
def test_an_update_is_made_of_the_item_before_it(values, order, number):
    first, second, third = order
    text = f"SET {first} = if_not_exists({second}, :n) + :n, {third} = :n REMOVE {second}"
    parameters = {"UpdateExpression": text, "ExpressionAttributeValues": {":n": {"N": str(number)}}}
    expressions = RequestExpressions(parameters)
    before = as_item(values)
    kept = json.dumps(before)
    after = updated(before, expressions.update(), expressions.values)
    assert json.dumps(before) == kept
    assert after == as_item({first: values.get(second, number) + number, third: number})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"NS": ["10", "9", "1.0"]}, {"NS": ["1", "9.0", "1E1"]}),
        ({"M": {"x": {"SS": ["b", "a"]}, "y": {"N": "0.10"}}}, {"M": {"y": {"N": ".1"}, "x": {"SS": ["a", "b"]}}}),
        ({"BS": ["/w==", "AA=="]}, {"BS": ["AA==", "/w=="]}),
    ],
)
def test_equal_values_have_one_form(one, other):
    assert normalized_item({"v": one}) == normalized_item({"v": other})


@pytest.mark.parametrize(
    ("condition", "holds"), [("q <> z", True), ("q < z", False), ("q BETWEEN z AND x", False), ("a <> :list", True)]
)
def test_what_is_not_there_equals_nothing_and_has_no_order(condition, holds):
    values = {":list": {"L": []}} if ":list" in condition else {":one": {"N": "1"}}
    expressions = RequestExpressions({"FilterExpression": condition, "ExpressionAttributeValues": values})
    assert expressions.condition("FilterExpression").holds({"a": {"N": "1"}}, expressions.values) == holds


@pytest.mark.parametrize("condition", ["a < :list", ":list >= a", "a BETWEEN :list AND :list"])
def test_a_value_without_an_order_is_refused_where_one_is_asked_for(condition):
    parameters = {"FilterExpression": condition, "ExpressionAttributeValues": {":list": {"L": []}}}
    expressions = RequestExpressions(parameters)
    with pytest.raises(ValidationException, match="Incorrect operand type"):
        expressions.condition("FilterExpression").holds({"a": {"N": "1"}}, expressions.values)


def test_a_sum_of_more_than_38_digits_is_refused():
    parameters = {
        "UpdateExpression": "SET b = :a + :b",
        "ExpressionAttributeValues": {":a": {"N": "1E50"}, ":b": {"N": "1"}},
    }
    expressions = RequestExpressions(parameters)
    with pytest.raises(ValidationException, match="38 significant digits"):
        updated({}, expressions.update(), expressions.values)
