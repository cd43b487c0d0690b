"""Event patterns that EventBridge refuses, in its words.

The messages were recorded from AWS by LocalStack's tests (github.com/localstack/localstack,
tests/aws/services/events/test_events_patterns.snapshot.json), but for those that are marked: these are Event Ruler's
(github.com/aws/event-ruler, JsonRuleCompiler and CIDR), by whose code EventBridge reads patterns.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local_aws.refusals import error_code, refusal
from tests.local_aws.stacks import create

# Pattern, reason and column.
RECORDED = [
    ('{"int": 42}', '"int" must be an object or an array', 11),
    ('{"string": "my-value"}', '"string" must be an object or an array', 13),
    ('{"resources": []}', "Empty arrays are not allowed", 17),
    ('{"source": ["aws.health"], "detail": {}}', "Empty objects are not allowed", 40),
    ('{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}', "Unrecognized match type NUMERIC", 36),
    ('{"my_key": [{"EXISTS": true}]}', "Unrecognized match type EXISTS", 28),
    ('{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}', "Bad numeric range operator: >", 49),
    ('{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}', "Value of < must be numeric", 50),
    ('{"time": [{"prefix": ["2022-07-13"]}]}', "prefix match pattern must be a string", 23),
    ('{"time": [{"prefix": 123}]}', "prefix match pattern must be a string", 25),
    ('{"FileName": [{"suffix": 123}]}', "suffix match pattern must be a string", 29),
    ('{"EventBusArn": [{"wildcard": 123}]}', "wildcard match pattern must be a string", 34),
    (
        '{"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}',
        "Consecutive wildcard characters at pos 26",
        72,
    ),
    (
        '{"detail-type": [{"equals-ignore-case": ["ec2 instance state-change notification"]}]}',
        "equals-ignore-case match pattern must be a string",
        42,
    ),
    (
        '{"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}}',
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        66,
    ),
    (
        '{"detail": {"FileName": [{"anything-but": {"suffix": 123}}]}}',
        "prefix/suffix match pattern must be a string",
        57,
    ),
    (
        '{"detail": {"FileName": [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}]}}',
        "Value of anything-but must be an array or single string/number value.",
        55,
    ),
    ('["not", "a", "dict", "but valid json"]', "Filter is not an object", 2),
    (
        "this is valid json but not a dict",
        "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or"
        " 'false')",
        5,
    ),
    (
        "{'bad': 'quotation'}",
        "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
        2,
    ),
    (
        '{"not": closed mark"',
        "Unrecognized token 'closed': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or"
        " 'false')",
        15,
    ),
]
LISTED = '{"detail": {"state": [{"anything-but": {"prefix": [123, "test"]}}]}}'
# Of Event Ruler: the filters of one field, and the reason.
OF_THE_RULER: list[tuple[Any, str]] = [
    ([{"numeric": [">", 5, "<", 5]}], "Bottom must be less than top"),
    ([{"numeric": ["=", 5, "<", 7]}], "Too many elements in numeric expression"),
    ([{"numeric": [">", 5, "<", 7, 8]}], "Too many terms in numeric range expression"),
    ([{"numeric": ["!=", 5]}], "Unrecognized numeric range operator: !="),
    ([{"numeric": []}], "Invalid member in numeric match: ]"),
    ([{"numeric": ["="]}], "Value of equals must be numeric"),
    ([{"numeric": ["<", "5"]}], "Value of < must be numeric"),
    ([{"numeric": ["<", 6e9]}], "Value must be between -5.0E9 and 5.0E9, inclusive"),
    ([{"numeric": 5}], "Value of numeric must be an array."),
    ([{"prefix": "a", "suffix": "b"}], "Only one key allowed in match expression"),
    ([{"exists": "true"}], "exists match pattern must be either true or false."),
    ([{"anything-but": ["a", 1]}], "Inside anything but list, either all values are number or string,"),
    ([{"anything-but": {"cidr": "10.0.0.0/8"}}], "Unsupported anything-but pattern: cidr"),
    ([{"anything-but": {"prefix": ""}}], "Null prefix/suffix not allowed"),
    ([{"prefix": {"wildcard": "a*"}}], "Unsupported prefix pattern: wildcard"),
    ([{"wildcard": "a\\b"}], "Invalid escape character at pos 2"),
    ([["a"]], "Match value must be String, number, true, false, or null"),
    ([{}], "Match expression name not found"),
    ([{"cidr": "10.0.0.0/32"}], "IPv4 mask bits must be < 32"),
    ([{"cidr": "example.com/8"}], "Nonstandard IP address: example.com"),
    ([{"cidr": "10.0.0.0/x"}], "Malformed CIDR, mask bits must be an integer"),
    ([{"cidr": 8}], "prefix match pattern must be a string"),
]
TAKEN: list[dict[str, Any]] = [
    {"source": ["a", 1, 1.5, True, None, "10.0.0.1", 123456789012]},
    {"detail": {"a": [{"prefix": {"equals-ignore-case": "x"}}, {"suffix": "y"}, {"exists": False}]}},
    {"detail": {"a": [{"numeric": [">", 0, "<=", 5.25]}, {"numeric": ["=", 3.018e2]}]}},
    {"detail": {"a": [{"anything-but": [1, 2]}, {"anything-but": {"wildcard": ["*/lib/*", "a\\*"]}}]}},
    {"detail": {"a": [{"cidr": "10.0.0.0/24"}, {"cidr": "2001:db8::/48"}, {"equals-ignore-case": "B"}]}},
    {"detail": {"$or": [{"a": ["x"]}, {"b": {"c": ["y"]}, "$or": [{"d": [1]}, {"e": [2]}]}]}},
]


def said(aws: Callable, pattern: str) -> str:
    return refusal(aws("events").put_rule, Name="refused", EventPattern=pattern)


@pytest.mark.parametrize(("pattern", "reason", "column"), RECORDED)
def test_pattern_is_refused_in_the_words_of_eventbridge(aws, pattern: str, reason: str, column: int) -> None:
    place = f'[Source: (String)"{pattern}"; line: 1, column: {column}]'
    assert said(aws, pattern) == (
        f"InvalidEventPatternException: Event pattern is not valid. Reason: {reason}\n at {place}"
    )
    assert error_code(aws("events").describe_rule, Name="refused") == "ResourceNotFoundException"


def test_what_is_wrong_in_a_list_is_said_with_its_place_twice(aws) -> None:
    place = f'\n at [Source: (String)"{LISTED}"; line: 1, column: 55]'
    reason = "prefix/suffix match pattern must be a string"
    assert said(aws, LISTED).endswith(f"Reason: {reason}{place}{place}")


def test_what_is_wrong_with_an_address_is_said_without_its_place(aws) -> None:
    wrong = json.dumps({"detail": {"ip": [{"cidr": "10.0.0.0"}]}})
    assert said(aws, wrong).endswith("Event pattern is not valid. Reason: Malformed CIDR, one '/' required")


@pytest.mark.parametrize(("filters", "reason"), OF_THE_RULER)
def test_filter_that_is_none_is_refused(aws, filters: list, reason: str) -> None:
    assert f"Reason: {reason}" in said(aws, json.dumps({"detail": {"a": filters}}))


@pytest.mark.parametrize(
    ("alternatives", "reason"),
    [
        ([{"a": ["x"]}], "There must have at least 2 Objects in $or relationship."),
        ([{"a": ["x"]}, "b"], "Only JSON object is allowed in array of $or relationship."),
        ({"a": ["x"]}, "It must be an Array followed with $or."),
        ([{"a": ["x"]}, {"prefix": ["x"]}], "prefix is Ruler reserved fieldName which cannot be used inside $or."),
    ],
)
def test_alternatives_that_are_none_are_refused(aws, alternatives: Any, reason: str) -> None:
    assert f"Reason: {reason}" in said(aws, json.dumps({"$or": alternatives}))


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ('{"source": ["a"', "line: 1, column: 16]"),
        ('{"source": ["a"}', "line: 1, column: 16]"),
        ('{"source" ["a"]}', "line: 1, column: 11]"),
        ('{"source": ["a" "b"]}', "line: 1, column: 17]"),
        ('{"source":\n ["a],\n}', "line: 3, column: 2]"),
    ],
)
def test_what_is_no_json_is_refused_where_it_ends_to_be(aws, pattern: str, place: str) -> None:
    refused = said(aws, pattern)
    assert refused.startswith("InvalidEventPatternException: Event pattern is not valid. Reason: Unexpected ")
    assert refused.endswith(place)


@pytest.mark.parametrize("pattern", TAKEN)
def test_pattern_of_the_user_guide_is_taken(aws, pattern: dict) -> None:
    events = aws("events")
    events.put_rule(Name="taken", EventPattern=json.dumps(pattern))
    assert json.loads(events.describe_rule(Name="taken")["EventPattern"]) == pattern


def test_pattern_that_is_too_long_is_refused(aws) -> None:
    """EventBridge user guide, Quotas: 2,048 characters, which can be raised to the API's 4,096."""
    events = aws("events")
    for length, code in ((2048, None), (2049, "LimitExceededException"), (4097, "ValidationException")):
        pattern = json.dumps({"source": ["s" * (length - len('{"source": [""]}'))]})
        assert len(pattern) == length
        if code:
            assert error_code(events.put_rule, Name="long", EventPattern=pattern) == code
        else:
            events.put_rule(Name="long", EventPattern=pattern)


def test_wrong_pattern_of_a_template_fails_its_stack(stacks) -> None:
    rule = {"Type": "AWS::Events::Rule", "Properties": {"Name": "wrong", "EventPattern": {"source": "shop"}}}
    created = create(stacks, {"Rule": rule}, "wrong-pattern")
    assert created["StackStatus"] == "ROLLBACK_COMPLETE"


def test_event_is_tried_on_a_pattern(aws) -> None:
    event = {"id": "1", "source": "shop", "detail-type": "d", "account": "1", "region": "r", "time": "t", "detail": {}}
    call = aws("events").test_event_pattern
    assert call(EventPattern='{"source": [{"prefix": "sh"}]}', Event=json.dumps(event))["Result"] is True
    assert call(EventPattern='{"source": [{"prefix": "x"}]}', Event=json.dumps(event))["Result"] is False
    assert '"source" must be an object' in refusal(call, EventPattern='{"source": "s"}', Event=json.dumps(event))
    assert error_code(call, EventPattern='{"source": ["s"]}', Event='{"source": "shop"}') == "ValidationException"
