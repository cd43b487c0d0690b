"""A parsed ruleset."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Keyword(StrEnum):
    """What stands for values that cannot be written down."""

    NULL = "NULL"
    EMPTY = "EMPTY"
    WHITESPACES_ONLY = "WHITESPACES_ONLY"


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    BETWEEN = "between"
    NOT_BETWEEN = "not between"
    IN = "in"
    NOT_IN = "not in"
    MATCHES = "matches"
    NOT_MATCHES = "not matches"


@dataclass(frozen=True)
class DateFromNow:
    """`now()`, or `(now() - 3 days)`: an offset from the day of the evaluation."""

    offset: timedelta = timedelta()


@dataclass(frozen=True)
class DynamicNumber:
    """A number that refers to earlier runs, such as `avg(last(5))`; `function` is the first that it calls."""

    function: str


Operand = float | str | date | timedelta | Keyword | DateFromNow | DynamicNumber


@dataclass(frozen=True)
class Condition:
    """An expression of a rule. A text in the form of a date is a date, as in AWS's grammar."""

    operator: Operator
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Rule:
    """One rule. `text` is how it is written, without comments and line breaks."""

    rule_type: str
    parameters: tuple[str, ...]
    condition: Condition | None
    where: str | None
    threshold: Condition | None
    text: str


@dataclass(frozen=True)
class Composite:
    """Rules that are joined by `and` or, if not `is_conjunction`, by `or`."""

    is_conjunction: bool
    members: tuple["Rule | Composite", ...]
    text: str

    @property
    def rules(self) -> list[Rule]:
        return [rule for member in self.members for rule in rules_of(member)]


@dataclass(frozen=True)
class Ruleset:
    rules: tuple[Rule | Composite, ...]
    has_analyzers: bool = False


def rules_of(rule: Rule | Composite) -> list[Rule]:
    """The rule, or the rules that a composite joins."""
    return rule.rules if isinstance(rule, Composite) else [rule]
