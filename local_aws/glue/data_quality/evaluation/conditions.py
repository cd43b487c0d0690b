"""Expressions of rules: applied to a metric, or written as a condition on the rows of a table in Athena's SQL.

Source: AWS Glue developer guide, "Expressions" (dqdl.html#dqdl-syntax-rule-expressions): `between` leaves out its
bounds, `not between` takes them in. "Null behavior" of ColumnValues: a NULL fails any condition but `!=` and `not in`,
unless the keyword NULL says otherwise.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import isnan

from local_aws.athena.sql.quoting import text_literal
from local_aws.glue.data_quality.dqdl.model import Condition, DateFromNow, Keyword, Operand, Operator

_COMPARISONS: dict[Operator, Callable[[float, tuple[float, ...]], bool]] = {
    Operator.EQUAL: lambda value, given: value == given[0],
    Operator.NOT_EQUAL: lambda value, given: value != given[0],
    Operator.GREATER: lambda value, given: value > given[0],
    Operator.GREATER_OR_EQUAL: lambda value, given: value >= given[0],
    Operator.LESS: lambda value, given: value < given[0],
    Operator.LESS_OR_EQUAL: lambda value, given: value <= given[0],
    Operator.BETWEEN: lambda value, given: given[0] < value < given[1],
    Operator.NOT_BETWEEN: lambda value, given: not given[0] < value < given[1],
    Operator.IN: lambda value, given: value in given,
    Operator.NOT_IN: lambda value, given: value not in given,
}
_NEGATIONS = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_BETWEEN: Operator.BETWEEN,
}
_KEYWORD_CONDITIONS = {
    Keyword.NULL: "{0} IS NULL",
    Keyword.EMPTY: "{0} = ''",
    Keyword.WHITESPACES_ONLY: "(length(trim({0})) = 0 AND length({0}) > 0)",
}


def is_met(condition: Condition | None, value: float) -> bool:
    """Whether a metric meets the expression; without one it has to be 1.0, as a share of rows is when all pass.

    What is no number meets none.
    """
    if isnan(value):
        return False
    if condition is None:
        return value == 1.0
    return _COMPARISONS[condition.operator](value, tuple(_number(operand) for operand in condition.operands))


def row_condition(condition: Condition, value: str, now: datetime) -> str:
    """SQL that is true for the rows whose `value`, an SQL expression, meets the condition, and never NULL.

    A NULL meets `!=` and `not in`, but not with a keyword among the operands (ColumnValuesRule of awslabs/deequ).
    """
    if condition.operator in {Operator.MATCHES, Operator.NOT_MATCHES}:
        return _pattern_condition(condition, value)
    negated = _NEGATIONS.get(condition.operator)
    if negated is None:
        return f"coalesce({_plain_condition(condition.operator, condition.operands, value, now)}, false)"
    plain = f"NOT ({_plain_condition(negated, condition.operands, value, now)})"
    is_null_met = not any(isinstance(operand, Keyword) for operand in condition.operands)
    return f"coalesce({plain}, {str(is_null_met).lower()})"


def duration_condition(condition: Condition, value: str, now: datetime) -> str:
    """SQL that is true for the rows whose point in time is so old; false for a NULL whatever the operator."""
    moment = f"TIMESTAMP '{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"
    seconds = f"date_diff('second', TRY_CAST({value} AS timestamp), {moment})"
    age = f"round(CAST({seconds} AS double) / 3600, 2)"
    hours = tuple(_hours(operand) for operand in condition.operands)
    return f"{value} IS NOT NULL AND {row_condition(Condition(condition.operator, hours), age, now)}"


def _hours(operand: Operand) -> float:
    if not isinstance(operand, timedelta):
        raise TypeError(f"{operand!r} is no duration")
    return round(operand.total_seconds() / 3600, 4)


def _plain_condition(operator: Operator, operands: tuple[Operand, ...], value: str, now: datetime) -> str:
    literals = [_literal(operand, now) for operand in operands if not isinstance(operand, Keyword)]
    if operator is Operator.BETWEEN:
        return f"({value} > {literals[0]} AND {value} < {literals[1]})"
    if operator not in {Operator.IN, Operator.EQUAL}:
        return f"{value} {operator} {literals[0]}"
    alternatives = [_KEYWORD_CONDITIONS[operand].format(value) for operand in operands if isinstance(operand, Keyword)]
    if literals:
        alternatives.append(f"({value} IS NOT NULL AND {value} IN ({', '.join(literals)}))")
    return f"({' OR '.join(alternatives)})"


def _pattern_condition(condition: Condition, value: str) -> str:
    """Neither a NULL nor an empty text matches a pattern or its opposite.

    A pattern has to fit a whole text; its opposite only must not begin the text as a word of its own (ColumnValuesRule
    of awslabs/deequ).
    """
    (pattern,) = condition.operands
    if condition.operator is Operator.MATCHES:
        fits = f"regexp_like({value}, {text_literal(f'^{pattern}$')})"
    else:
        opening = f"^(?:\\b{pattern}\\b)"
        fits = f"NOT regexp_like({value}, {text_literal(opening)})"
    return f"coalesce({value} <> '' AND {fits}, false)"


def _literal(operand: Operand, now: datetime) -> str:
    if isinstance(operand, DateFromNow):
        operand = (now.astimezone(UTC) + operand.offset).date()
    if isinstance(operand, date):
        return f"DATE '{operand.isoformat()}'"
    if isinstance(operand, str):
        return text_literal(operand)
    return _number_literal(_number(operand))


def _number_literal(number: float) -> str:
    """Whole numbers without a fraction, so that they are compared with integers as integers."""
    return str(int(number)) if number.is_integer() else repr(number)


def _number(operand: Operand) -> float:
    if not isinstance(operand, float):
        raise TypeError(f"{operand!r} is no number")
    return operand
