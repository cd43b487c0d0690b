"""The condition of a query: one partition, and at most one range of its sort keys."""

from dataclasses import dataclass

from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.expressions.conditions import (
    Between,
    Call,
    Comparison,
    Intersection,
    Node,
    Placeholder,
    Values,
)
from local_aws.dynamodb.expressions.paths import Path
from local_aws.dynamodb.keys import KeyAttribute, KeySchema, check_key_value, sortable
from local_aws.dynamodb.values import Value

_SQL_COMPARATORS = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class KeyCondition:
    """A partition's place, and what its sort places are compared with: operators of SQL and bytes."""

    partition: bytes
    sort: tuple[tuple[str, bytes], ...] = ()


def key_condition(node: Node, key: KeySchema, values: Values) -> KeyCondition:
    """Raises ValidationException for a condition that a query cannot have."""
    partition: bytes | None = None
    sort: tuple[tuple[str, bytes], ...] | None = None
    for part in _parts(node):
        attribute, operands = _comparison(part)
        given = tuple(_value(operand, values) for operand in operands)
        if attribute == key.partition.name:
            if not isinstance(part, Comparison) or part.comparator != "=":
                raise ValidationException("Query key condition not supported")
            if partition is not None:
                raise ValidationException("KeyConditionExpressions must only contain one condition per key")
            _check(key.partition, given)
            partition = key.partition_place(given[0])
        elif key.sort is not None and attribute == key.sort.name:
            if sort is not None:
                raise ValidationException("KeyConditionExpressions must only contain one condition per key")
            _check(key.sort, given)
            sort = _range(part, given)
        else:
            missed = key.partition.name if partition is None else (key.sort or key.partition).name
            raise ValidationException(f"Query condition missed key schema element: {missed}")
    if partition is None:
        raise ValidationException(f"Query condition missed key schema element: {key.partition.name}")
    return KeyCondition(partition, sort or ())


def _parts(node: Node) -> tuple[Node, ...]:
    if not isinstance(node, Intersection):
        return (node,)
    return tuple(part for inner in node.nodes for part in _parts(inner))


def _comparison(part: Node) -> tuple[str, tuple[object, ...]]:
    """The attribute that a part is about, and what it is compared with."""
    operands: tuple[object, ...] = ()
    if isinstance(part, Comparison) and part.comparator in _SQL_COMPARATORS:
        operands = (part.left, part.right)
    elif isinstance(part, Between):
        operands = (part.operand, part.low, part.high)
    elif isinstance(part, Call) and part.name == "begins_with":
        operands = part.arguments
    if not operands:
        raise ValidationException("Invalid operator used in KeyConditionExpression")
    path, *others = operands
    if not isinstance(path, Path) or len(path.steps) != 1 or not all(isinstance(one, Placeholder) for one in others):
        raise ValidationException("Invalid KeyConditionExpression: a key attribute must be compared with values")
    return path.attribute, tuple(others)


def _value(operand: object, values: Values) -> Value:
    return values[operand.name]  # type: ignore[attr-defined]


def _check(attribute: KeyAttribute, values: tuple[Value, ...]) -> None:
    for value in values:
        if attribute.type not in value:
            raise ValidationException(
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            )
        check_key_value(attribute, value)


def _range(part: Node, values: tuple[Value, ...]) -> tuple[tuple[str, bytes], ...]:
    places = tuple(map(sortable, values))
    if isinstance(part, Between):
        if places[0] > places[1]:
            raise ValidationException(
                "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal"
                " to lower bound"
            )
        return ((">=", places[0]), ("<=", places[1]))
    if isinstance(part, Comparison):
        return ((_SQL_COMPARATORS[part.comparator], places[0]),)
    if "N" in values[0]:
        raise ValidationException(
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function:"
            " begins_with, operand type: N"
        )
    prefix = places[0]
    behind = prefix.rstrip(b"\xff")
    end = (("<", behind[:-1] + bytes([behind[-1] + 1])),) if behind else ()
    return ((">=", prefix), *end)
