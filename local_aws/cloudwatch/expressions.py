"""Metric math: an expression over time series, as far as alarms and dashboards of pipelines use it.

Source of operators and functions: CloudWatch user guide, Using math expressions with CloudWatch metrics. Functions that
are not here are refused by name.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import pairwise
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from local_aws.cloudwatch.exceptions import ValidationError

TimeSeries = dict[int, float]
# An array of time series is a list.
Value = float | TimeSeries | list[TimeSeries]

OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "and": lambda left, right: bool(left) and bool(right),
    "or": lambda left, right: bool(left) or bool(right),
}
AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MAX": max,
    "MIN": min,
    "SUM": math.fsum,
}
PER_VALUE: dict[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


@cache
def parse(text: str) -> Tree:
    """Raises ValidationError."""
    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        raise ValidationError(f"Error in expression '{text}': Unexpected character at {error.column}") from error


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("expressions.lark").read_text()
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


def references(text: str) -> set[str]:
    """The ids of the queries that an expression names."""
    return {str(tree.children[0]) for tree in _trees(parse(text)) if tree.data == "reference"}


def check_functions(text: str) -> None:
    """Raises NotImplementedError for a function that is not computed here."""
    for tree in _trees(parse(text)):
        name = str(tree.children[0]) if tree.data == "call" else "METRICS"
        if name not in {*AGGREGATIONS, *PER_VALUE, "METRICS", "FILL", "IF", "DIFF", "RATE", "PERIOD"}:
            raise NotImplementedError(f"The metric math function {name}")


def _trees(parsed: Tree | Token) -> list[Tree]:
    return list(parsed.iter_subtrees()) if isinstance(parsed, Tree) else []


@dataclass(frozen=True)
class Evaluation:
    """`series` are those that the expression may name, `metrics` those of METRICS(), `times` the window's periods."""

    series: Callable[[str], TimeSeries]
    metrics: Callable[[], Mapping[str, TimeSeries]]
    times: Sequence[int]
    period: int

    def value(self, tree: Any) -> Value:
        return getattr(self, f"_{tree.data}")(*tree.children)

    def _number(self, token: Token) -> Value:
        return float(token)

    def _text(self, token: Token) -> Value:
        raise ValidationError(f"A text ({token}) has no place in this expression.")

    def _reference(self, token: Token) -> Value:
        return self.series(str(token))

    def _negative(self, operand: Tree) -> Value:
        return self._combine("-", 0.0, self.value(operand))

    def _array(self, *items: Tree) -> Value:
        return [self._as_series(self.value(item)) for item in items]

    def _sum(self, first: Tree, *rest: Any) -> Value:
        value = self.value(first)
        for sign, operand in zip(rest[::2], rest[1::2], strict=True):
            value = self._combine(str(sign), value, self.value(operand))
        return value

    _product = _comparison = _sum

    def _power(self, base: Tree, exponent: Tree) -> Value:
        return self._combine("^", self.value(base), self.value(exponent))

    def _conjunction(self, *operands: Tree) -> Value:
        return reduce(lambda left, right: self._combine("and", left, right), map(self.value, operands))

    def _disjunction(self, *operands: Tree) -> Value:
        return reduce(lambda left, right: self._combine("or", left, right), map(self.value, operands))

    def _call(self, name: Token, *arguments: Tree) -> Value:
        if name in AGGREGATIONS:
            return self._aggregate(AGGREGATIONS[name], self._only(name, arguments))
        if name in PER_VALUE:
            return self._each(PER_VALUE[name], self._only(name, arguments))
        return getattr(self, f"_call_{name.lower()}")(*arguments)

    def _only(self, name: str, arguments: Sequence[Tree]) -> Value:
        if len(arguments) != 1:
            raise ValidationError(f"The function {name} takes one argument.")
        return self.value(arguments[0])

    def _call_metrics(self, pattern: Tree | None = None) -> Value:
        """All metrics of the request, or those whose id contains the text."""
        part = str(pattern.children[0])[1:-1] if pattern is not None else ""
        return [series for name, series in self.metrics().items() if part in name]

    def _call_fill(self, filled: Tree, filler: Tree) -> Value:
        value, series = self.value(filled), None
        if filler.data == "call":
            raise NotImplementedError("FILL with another function")
        if filler.data == "reference":
            series = self._as_series(self.value(filler))
        number = 0.0 if series is not None else self.value(filler)
        if isinstance(value, list):
            return [self._fill(one, series, number) for one in value]
        return self._fill(self._as_series(value), series, number)

    def _fill(self, value: TimeSeries, filler: TimeSeries | None, number: float) -> TimeSeries:
        if filler is not None:
            return {at: value.get(at, filler.get(at)) for at in self.times if at in value or at in filler}
        return {at: value.get(at, number) for at in self.times}

    def _call_if(self, condition: Tree, then: Tree, otherwise: Tree | None = None) -> Value:
        conditions = self._as_series(self.value(condition))
        chosen = self._as_series(self.value(then))
        other = self._as_series(self.value(otherwise)) if otherwise is not None else {}
        found = {at: (chosen if is_true else other).get(at) for at, is_true in conditions.items()}
        return {at: value for at, value in found.items() if value is not None}

    def _call_diff(self, argument: Tree) -> Value:
        series = self._as_series(self.value(argument))
        times = sorted(series)
        return {at: series[at] - series[before] for before, at in pairwise(times)}

    def _call_rate(self, argument: Tree) -> Value:
        series = self._as_series(self.value(argument))
        times = sorted(series)
        pairs = pairwise(times)
        return {at: (series[at] - series[before]) / (at - before) for before, at in pairs}

    def _call_period(self, _: Tree) -> Value:
        return float(self.period)

    def _aggregate(self, function: Callable[[Sequence[float]], float], value: Value) -> Value:
        """Of an array a time series, of a time series a number."""
        if isinstance(value, list):
            times = sorted({at for series in value for at in series})
            return {at: function([series[at] for series in value if at in series]) for at in times}
        if isinstance(value, dict):
            return function(list(value.values())) if value else {}
        raise ValidationError("A number alone cannot be aggregated.")

    def _each(self, function: Callable[[float], float], value: Value) -> Value:
        if isinstance(value, list):
            return [self._each(function, series) for series in value]
        if isinstance(value, dict):
            return {at: float(function(number)) for at, number in value.items()}
        return float(function(value))

    def _combine(self, sign: str, left: Value, right: Value) -> Value:
        """Two series have a value where both have one; nothing is divided by 0."""
        if isinstance(left, list) or isinstance(right, list):
            lefts = left if isinstance(left, list) else [left] * len(right)
            rights = right if isinstance(right, list) else [right] * len(left)
            return [self._combine(sign, one, other) for one, other in zip(lefts, rights, strict=False)]
        function = OPERATORS[sign]
        if not isinstance(left, dict) and not isinstance(right, dict):
            return float(function(left, right))
        lefts = left if isinstance(left, dict) else dict.fromkeys(right, left)
        rights = right if isinstance(right, dict) else dict.fromkeys(left, right)
        times = [at for at in lefts if at in rights and not (sign == "/" and rights[at] == 0)]
        return {at: float(function(lefts[at], rights[at])) for at in times}

    def _as_series(self, value: Value) -> TimeSeries:
        if isinstance(value, list):
            raise ValidationError("An array of time series stands where one time series belongs.")
        return value if isinstance(value, dict) else dict.fromkeys(self.times, value)

    def series_of(self, text: str) -> list[TimeSeries]:
        """The time series that an expression results in: one, or those of an array."""
        value = self.value(parse(text))
        return value if isinstance(value, list) else [self._as_series(value)]
