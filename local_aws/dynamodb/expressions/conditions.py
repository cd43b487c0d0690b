"""What conditions and filters say of an item.

A comparison with an attribute that the item does not have is false, but for `<>`; so is one of values of two types. An
order of values that the request gives and that have none is refused (scylladb/scylladb,
test/alternator/test_condition_expression.py, whose cases were tried on DynamoDB).
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.expressions.paths import Path
from local_aws.dynamodb.values import ORDERED_TYPES, SET_TYPES, Item, Value, binary, ordered, type_of

Values = Mapping[str, Value]
TYPES = frozenset({*ORDERED_TYPES, *SET_TYPES, "BOOL", "NULL", "M", "L"})
# How many arguments, and whether the first is a path.
BOOLEAN_FUNCTIONS = {
    "attribute_exists": (1, True),
    "attribute_not_exists": (1, True),
    "attribute_type": (2, True),
    "begins_with": (2, False),
    "contains": (2, False),
}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Node(Protocol):
    def holds(self, item: Item, values: Values) -> bool:
        """Whether the item is so."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value of the request."""

    name: str


@dataclass(frozen=True, slots=True)
class Size:
    path: Path

    def of(self, item: Item) -> Value | None:
        """Characters of a text, bytes of a binary, members of the rest; numbers have no size."""
        found = self.path.find(item)
        if found is None:
            return None
        ((kind, content),) = found.items()
        if kind in {"N", "BOOL", "NULL"}:
            return None
        return {"N": str(len(binary(content) if kind == "B" else content))}


Operand = Path | Placeholder | Size


def value_of(operand: Operand, item: Item, values: Values) -> Value | None:
    if isinstance(operand, Placeholder):
        return values[operand.name]
    return operand.find(item) if isinstance(operand, Path) else operand.of(item)


@dataclass(frozen=True, slots=True)
class Comparison:
    comparator: str
    left: Operand
    right: Operand

    def holds(self, item: Item, values: Values) -> bool:
        left, right = value_of(self.left, item, values), value_of(self.right, item, values)
        if self.comparator == "=":
            return left is not None and left == right
        if self.comparator == "<>":
            return left is None or left != right
        for operand in (self.left, self.right):
            check_has_order(operand, values, self.comparator)
        return _are_ordered(_ORDERS[self.comparator], left, right)


def check_has_order(operand: Operand, values: Values, comparator: str) -> None:
    """Raises ValidationException for a value of the request that has no order."""
    if isinstance(operand, Placeholder) and type_of(values[operand.name]) not in ORDERED_TYPES:
        raise ValidationException(
            "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function:"
            f" {comparator}, operand type: {type_of(values[operand.name])}"
        )


def _are_ordered(order: Callable[[Any, Any], bool], left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return False
    kind = type_of(left)
    return kind in ORDERED_TYPES and kind == type_of(right) and order(ordered(left), ordered(right))


@dataclass(frozen=True, slots=True)
class Between:
    operand: Operand
    low: Operand
    high: Operand

    def holds(self, item: Item, values: Values) -> bool:
        for operand in (self.operand, self.low, self.high):
            check_has_order(operand, values, "BETWEEN")
        value = value_of(self.operand, item, values)
        low, high = value_of(self.low, item, values), value_of(self.high, item, values)
        return _are_ordered(operator.le, low, value) and _are_ordered(operator.le, value, high)


@dataclass(frozen=True, slots=True)
class Membership:
    operand: Operand
    members: tuple[Operand, ...]

    def holds(self, item: Item, values: Values) -> bool:
        value = value_of(self.operand, item, values)
        return value is not None and any(value == value_of(member, item, values) for member in self.members)


@dataclass(frozen=True, slots=True)
class Negation:
    node: Node

    def holds(self, item: Item, values: Values) -> bool:
        return not self.node.holds(item, values)


@dataclass(frozen=True, slots=True)
class Intersection:
    nodes: tuple[Node, ...]

    def holds(self, item: Item, values: Values) -> bool:
        return all(node.holds(item, values) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Union:
    nodes: tuple[Node, ...]

    def holds(self, item: Item, values: Values) -> bool:
        return any(node.holds(item, values) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Call:
    """A function that is true or false."""

    name: str
    arguments: tuple[Operand, ...]

    def holds(self, item: Item, values: Values) -> bool:
        first = value_of(self.arguments[0], item, values)
        if self.name == "attribute_exists":
            return first is not None
        if self.name == "attribute_not_exists":
            return first is None
        second = value_of(self.arguments[1], item, values)
        if self.name == "attribute_type":
            return _has_type(first, second)
        if first is None or second is None:
            return False
        return _begins_with(first, second) if self.name == "begins_with" else _contains(first, second)


def _has_type(value: Value | None, wanted: Value | None) -> bool:
    name = (wanted or {}).get("S")
    if name not in TYPES:
        raise ValidationException(
            "Invalid ConditionExpression: Invalid attribute type name found; type: "
            f"{name}, valid types: {{{','.join(sorted(TYPES))}}}"
        )
    return value is not None and type_of(value) == name


def _begins_with(value: Value, prefix: Value) -> bool:
    kind = type_of(value)
    if kind not in {"S", "B"} or type_of(prefix) != kind:
        return False
    return bool(ordered(value).startswith(ordered(prefix)))


def _contains(value: Value, member: Value) -> bool:
    ((kind, content),) = value.items()
    member_kind = type_of(member)
    if kind in {"S", "B"}:
        return member_kind == kind and ordered(member) in ordered(value)
    if kind in SET_TYPES:
        return member_kind == kind[0] and member[member_kind] in content
    return kind == "L" and member in content
