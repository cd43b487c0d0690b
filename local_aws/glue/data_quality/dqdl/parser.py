"""Reads a DQDL document.

Raises RulesetError, whose message says what is wrong and where, for what AWS refuses when a ruleset is made.
"""

import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedEOF, UnexpectedInput, VisitError
from lark.tree import Meta

from local_aws.glue.data_quality.dqdl.checks import RulesetError, check_rule
from local_aws.glue.data_quality.dqdl.model import (
    Composite,
    Condition,
    DateFromNow,
    DynamicNumber,
    Keyword,
    Operand,
    Operator,
    Rule,
    Ruleset,
)

GRAMMAR = Path(__file__).with_name("grammar.lark")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMMENT_OR_STRING = re.compile(r'"(?:\\.|[^"\\])*"|#[^\n]*', re.DOTALL)


def parse_ruleset(text: str) -> Ruleset:
    """The document's rules, with the values of its constants put in."""
    try:
        tree = _parser().parse(text)
        ruleset = _Reader(text).transform(tree)
    except UnexpectedInput as error:
        raise RulesetError(_syntax_error(error, text)) from error
    except VisitError as error:
        if isinstance(error.orig_exc, RulesetError):
            raise error.orig_exc from error
        raise
    if not ruleset.rules and not ruleset.has_analyzers:
        raise RulesetError("No rules or analyzers provided")
    return ruleset


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR.read_text(), parser="lalr", propagate_positions=True, maybe_placeholders=True)


def _syntax_error(error: UnexpectedInput, text: str) -> str:
    if isinstance(error, UnexpectedEOF) or error.line < 0 or getattr(error, "token", Token("", "")).type == "$END":
        return "the document ends before the ruleset does"
    found = getattr(error, "token", None) or text[error.pos_in_stream]
    return f"line {error.line}, column {error.column}: {str(found)!r} is not expected there"


class _Reader(Transformer[Token, Ruleset]):
    """Builds the ruleset from the bottom of the tree up."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self._constants: dict[str, tuple[str, ...]] = {}

    def start(self, parts: list[Any]) -> Ruleset:
        rules: tuple[Any, ...] = ()
        has_analyzers = False
        for part in parts:
            if isinstance(part, tuple):
                rules = part
            elif part is True:
                has_analyzers = True
        return Ruleset(rules, has_analyzers)

    def constant(self, parts: list[Token]) -> None:
        name, *values = parts
        self._constants[str(name)] = tuple(_unescaped(_unquoted(value)) for value in values if value is not None)

    def rules(self, rules: list[Any]) -> tuple[Any, ...]:
        return tuple(rule for rule in rules if rule is not None)

    def analyzers(self, analyzers: list[Any]) -> bool:
        return any(analyzer is not None for analyzer in analyzers)

    def analyzer(self, parts: list[Token]) -> Token:
        return parts[0]

    @v_args(meta=True)
    def any_of(self, meta: Meta, members: list[Any]) -> Any:
        return members[0] if len(members) == 1 else Composite(False, tuple(members), self._source(meta))

    @v_args(meta=True)
    def all_of(self, meta: Meta, members: list[Any]) -> Any:
        return members[0] if len(members) == 1 else Composite(True, tuple(members), self._source(meta))

    @v_args(meta=True)
    def rule(self, meta: Meta, parts: list[Any]) -> Rule:
        rule_type, *others = parts
        parameters = tuple(self._parameter(part) for part in others if isinstance(part, Token))
        conditions = [part for part in others if isinstance(part, Condition)]
        wheres = [part for part in others if type(part) is str]
        tags = [part for part in others if isinstance(part, tuple)]
        for name, _ in tags:
            if name != "threshold" or len(tags) > 1:
                raise RulesetError(f"The rule type {rule_type} with {name} is not supported by the local Glue")
        rule = Rule(
            rule_type=str(rule_type),
            parameters=parameters,
            condition=conditions[0] if conditions else None,
            where=wheres[0] if wheres else None,
            threshold=tags[0][1] if tags else None,
            text=self._source(meta),
        )
        check_rule(rule)
        return rule

    def where(self, parts: list[Token]) -> str:
        return _unescaped(_unquoted(parts[0]))

    def tag(self, parts: list[Any]) -> tuple[str, Condition]:
        return str(parts[0]), parts[1]

    def comparison(self, parts: list[Any]) -> Condition:
        operator, operand = parts
        return Condition(Operator(str(operator)), (_operand(operand),))

    def between(self, parts: list[Any]) -> Condition:
        is_not, *operands = parts
        operator = Operator.NOT_BETWEEN if is_not else Operator.BETWEEN
        return Condition(operator, tuple(map(_operand, operands)))

    def membership(self, parts: list[Any]) -> Condition:
        is_not, *operands = parts
        values: list[Any] = []
        for operand in operands:
            if isinstance(operand, Token):
                values += self._constant(operand)
            elif operand is not None:
                values.append(_operand(operand))
        return Condition(Operator.NOT_IN if is_not else Operator.IN, tuple(values))

    def matches(self, parts: list[Any]) -> Condition:
        is_not, pattern = parts
        return Condition(Operator.NOT_MATCHES if is_not else Operator.MATCHES, (_unquoted(pattern),))

    def number(self, parts: list[Token]) -> float:
        return float("".join(parts))

    def duration(self, parts: list[Token]) -> timedelta:
        amount, unit = parts
        return timedelta(**{str(unit): float(amount)})

    def text(self, parts: list[Token]) -> str | date:
        value = _unescaped(_unquoted(parts[0]))
        if not _DATE.fullmatch(value):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise RulesetError(f"{value} is no day of the calendar") from error

    def keyword(self, parts: list[Token]) -> Keyword:
        return Keyword(parts[0].upper())

    def variable(self, parts: list[Token]) -> str:
        values = self._constant(parts[0])
        if len(values) != 1:
            raise RulesetError(f"The constant {parts[0]} is a list")
        return values[0]

    def call(self, parts: list[Any]) -> Operand:
        name, *arguments = parts
        if str(name) == "now" and arguments in ([], [None]):
            return DateFromNow()
        return DynamicNumber(str(name))

    def group(self, parts: list[Any]) -> Operand:
        (inner,) = parts
        return inner.date if isinstance(inner, _OpenDate) else inner

    def arithmetic(self, parts: list[Any]) -> Any:
        left, sign, right = parts
        if isinstance(left, DateFromNow) and isinstance(right, timedelta) and sign in {"+", "-"}:
            return _OpenDate(DateFromNow(left.offset + (right if sign == "+" else -right)))
        if isinstance(left, DynamicNumber) or isinstance(right, DynamicNumber):
            return left if isinstance(left, DynamicNumber) else right
        if isinstance(left, float) and isinstance(right, float):
            return _computed(left, str(sign), right)
        raise RulesetError(f"{sign} stands between values that cannot be reckoned with")

    def _parameter(self, token: Token) -> str:
        if token.type == "VARIABLE":
            return self.variable([token])
        return _unescaped(_unquoted(token)) if token.type == "STRING" else str(token)

    def _constant(self, token: Token) -> tuple[str, ...]:
        if token[1:] not in self._constants:
            raise RulesetError(f"The constant {token} is not defined")
        return self._constants[token[1:]]

    def _source(self, meta: Meta) -> str:
        """The text of a rule in one line. A composite's begins with the parenthesis before its first rule."""
        source = self._text[meta.start_pos : meta.end_pos]
        bare = _COMMENT_OR_STRING.sub(lambda match: "" if match[0].startswith("#") else match[0], source)
        return " ".join(bare.split())


class _OpenDate:
    """`now() - 3 days` as long as it has no parentheses around it."""

    def __init__(self, date_from_now: DateFromNow) -> None:
        self.date = date_from_now


def _operand(value: Any) -> Operand:
    if isinstance(value, _OpenDate):
        raise RulesetError("A date that is reckoned from now() stands in parentheses: (now() - 3 days)")
    return value


def _computed(left: float, sign: str, right: float) -> float:
    if sign == "/":
        if not right:
            raise RulesetError("A number is divided by zero")
        return left / right
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def _unquoted(token: str) -> str:
    return str(token)[1:-1]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
