"""Which documents are rulesets, and why others are not."""

from datetime import date, timedelta

import pytest

from local_aws.glue.data_quality.dqdl.checks import RulesetError
from local_aws.glue.data_quality.dqdl.model import Composite, Condition, DateFromNow, Keyword, Operator, Rule
from local_aws.glue.data_quality.dqdl.parser import parse_ruleset


def only_rule(text):
    [rule] = parse_ruleset(f"Rules = [{text}]").rules
    return rule


def test_rule_is_read_with_all_its_parts():
    rule = only_rule('ColumnValues "a b" not in [1, -2.5, NULL] where "c = \'x\'" with threshold > 0.9')

    assert (rule.rule_type, rule.parameters, rule.where) == ("ColumnValues", ("a b",), "c = 'x'")
    assert rule.condition == Condition(Operator.NOT_IN, (1.0, -2.5, Keyword.NULL))
    assert rule.threshold == Condition(Operator.GREATER, (0.9,))


@pytest.mark.parametrize(
    ("text", "operands"),
    [
        ('"2024-02-29"', (date(2024, 2, 29),)),
        ("now()", (DateFromNow(),)),
        ("(now() - 3 days)", (DateFromNow(timedelta(days=-3)),)),
        ("(now() + 6 hours)", (DateFromNow(timedelta(hours=6)),)),
        ("2 * (3 - 1)", (4.0,)),
        ("-7", (-7.0,)),
    ],
)
def test_operands_are_what_they_are_written_as(text, operands):
    assert only_rule(f'ColumnValues "d" >= {text}').condition.operands == operands


def test_escapes_are_taken_out_of_texts_but_not_of_patterns():
    assert only_rule(r'CustomSql "select \"x\" from primary" > 1').parameters == ('select "x" from primary',)
    assert only_rule(r'ColumnValues "a" matches "\d+\\"').condition.operands == (r"\d+\\",)


def test_constants_stand_for_their_values():
    document = 'sql = "select 1" codes = ["a", "b"] Rules = [CustomSql $sql = 1, ColumnValues "c" in $codes]'
    custom, values = parse_ruleset(document).rules
    assert (custom.parameters, values.condition.operands) == (("select 1",), ("a", "b"))


def test_composites_nest_and_bind_and_before_or():
    rule = only_rule('(IsComplete "a") or (IsComplete "b") and ((IsUnique "c") OR (IsUnique "d"))')

    assert isinstance(rule, Composite)
    assert not rule.is_conjunction
    first, second = rule.members
    assert isinstance(first, Rule)
    assert second.is_conjunction
    assert [leaf.text for leaf in rule.rules] == ['IsComplete "a"', 'IsComplete "b"', 'IsUnique "c"', 'IsUnique "d"']
    assert rule.text == '(IsComplete "a") or (IsComplete "b") and ((IsUnique "c") OR (IsUnique "d"))'


def test_comments_and_line_breaks_are_left_out():
    document = 'Rules = [ # first\n  IsComplete   # "no rule"\n "a#b"\n]'
    assert parse_ruleset(document).rules[0].text == 'IsComplete "a#b"'


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "ends before"),
        ("Rules = [RowCount > 1", "ends before"),
        ("Rules = []", "No rules or analyzers"),
        ("rules = [RowCount > 1]", "line 1, column 10: 'RowCount'"),
        ("Rules = [\n  RowCount > 1,\n]", "line 3, column 1: ']'"),
        ("Rules = [RowCount > 1 and RowCount < 3]", "'and' is not expected"),
        ("Rules = [ColumnValues 'a' > 1]", "is not expected"),
        ('Rules = [HasRows "a"]', "Rule Type: HasRows is not valid"),
        ('Rules = [Mean "a" "b" > 1]', "does not take 2 parameters"),
        ('Rules = [Mean "a"]', "No condition provided"),
        ('Rules = [Mean "a" = "1.0"]', "with number return type"),
        ('Rules = [IsComplete "a" > 1]', "with boolean return type"),
        ('Rules = [ColumnValues "a" > NULL]', "Unexpected condition"),
        ("Rules = [RowCount = NULL]", "Unexpected condition"),
        ('Rules = [ColumnValues "a" in $codes]', "not defined"),
        ('Rules = [ColumnValues "a" > now() - 3 days]', "in parentheses"),
        ('Rules = [ColumnValues "a" = "2024-02-30"]', "no day of the calendar"),
        ("Rules = [RowCount > 1 with threshold > 0.5]", "Threshold condition not supported"),
        ('Rules = [ColumnCount > 1 where "a = 1"]', "where clause is not supported"),
        ('Rules = [ColumnDataType "a" = "DATE" with format = "dd-MM-yyyy"]', "with format is not supported"),
    ],
)
def test_what_is_no_ruleset_is_refused_with_the_reason(document, reason):
    with pytest.raises(RulesetError, match=reason):
        parse_ruleset(document)
