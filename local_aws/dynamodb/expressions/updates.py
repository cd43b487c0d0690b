"""What an update expression makes of an item: all of its values are those that the item had before."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local_aws.dynamodb import numbers
from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.expressions.conditions import Placeholder, Values
from local_aws.dynamodb.expressions.paths import Path
from local_aws.dynamodb.values import SET_TYPES, Item, Value, normalized, type_of

VALUE_FUNCTIONS = {"if_not_exists": (2, True), "list_append": (2, False)}
_NO_PLACE = "The document path provided in the update expression is invalid for update"
_WRONG_TYPE = "An operand in the update expression has an incorrect data type"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    left: Any
    right: Any
    is_difference: bool

    def of(self, item: Item, values: Values) -> Value:
        left, right = _number(self.left, item, values), _number(self.right, item, values)
        result = numbers.EXACT.subtract(left, right) if self.is_difference else numbers.EXACT.add(left, right)
        return {"N": numbers.text_of(result)}


def _number(operand: Any, item: Item, values: Values) -> Decimal:
    value = _value(operand, item, values)
    if "N" not in value:
        raise ValidationException(_WRONG_TYPE)
    return Decimal(value["N"])


@dataclass(frozen=True, slots=True)
class ValueCall:
    """`if_not_exists` or `list_append`."""

    name: str
    arguments: tuple[Any, ...]

    def of(self, item: Item, values: Values) -> Value:
        first, second = self.arguments
        if self.name == "if_not_exists":
            found = first.find(item)
            return _value(second, item, values) if found is None else found
        left, right = _value(first, item, values), _value(second, item, values)
        if "L" not in left or "L" not in right:
            raise ValidationException(_WRONG_TYPE)
        return {"L": left["L"] + right["L"]}


def _value(operand: Any, item: Item, values: Values) -> Value:
    if isinstance(operand, Placeholder):
        return values[operand.name]
    if not isinstance(operand, Path):
        return operand.of(item, values)
    found = operand.find(item)
    if found is None:
        raise ValidationException("The provided expression refers to an attribute that does not exist in the item")
    return found


@dataclass(frozen=True, slots=True)
class Clause:
    """`SET`, `REMOVE`, `ADD` or `DELETE`, and a path and an operand for each of its actions."""

    kind: str
    actions: tuple[tuple[Path, Any], ...]


def paths_of(clauses: tuple[Clause, ...]) -> Iterator[Path]:
    return (path for clause in clauses for path, _ in clause.actions)


def updated(item: Item, clauses: tuple[Clause, ...], values: Values) -> Item:
    """The item after the update; the given one stays as it is. Raises ValidationException."""
    after = dict(item)
    for path in paths_of(clauses):
        if len(path.steps) > 1 and path.attribute in after:
            after[path.attribute] = copy.deepcopy(after[path.attribute])
    removed: list[Path] = []
    for clause in clauses:
        for path, operand in clause.actions:
            if clause.kind == "SET":
                _put(after, path, _value(operand, item, values))
            elif clause.kind == "REMOVE":
                removed.append(path)
            else:
                _combine(after, path, clause.kind, path.find(item), values[operand.name])
    # Places of a list are those before the update: the last goes first.
    for path in sorted(removed, key=lambda path: [step if isinstance(step, int) else -1 for step in path.steps])[::-1]:
        _remove(after, path)
    return after


def _container(item: Item, path: Path) -> Any:
    """The map's or list's content that the last step of the path is about."""
    if len(path.steps) == 1:
        return item
    value = Path(path.steps[:-1]).find(item)
    kind = "L" if isinstance(path.steps[-1], int) else "M"
    if value is None or kind not in value:
        raise ValidationException(_NO_PLACE)
    return value[kind]


def _put(item: Item, path: Path, value: Value) -> None:
    container, step = _container(item, path), path.steps[-1]
    if isinstance(step, int) and step >= len(container):
        container.append(value)
    else:
        container[step] = value


def _remove(item: Item, path: Path) -> None:
    container, step = _container(item, path), path.steps[-1]
    if isinstance(step, str):
        container.pop(step, None)
    elif step < len(container):
        container.pop(step)


def _combine(item: Item, path: Path, kind: str, present: Value | None, operand: Value) -> None:
    """ADD to a number or a set, or DELETE from a set; a set without members is none."""
    operand_type = type_of(operand)
    if operand_type not in (SET_TYPES if kind == "DELETE" else SET_TYPES | {"N"}):
        raise ValidationException(
            f"Invalid UpdateExpression: Incorrect operand type for operator or function; operator: {kind},"
            f" operand type: {operand_type}"
        )
    if present is not None and type_of(present) != operand_type:
        raise ValidationException(_WRONG_TYPE)
    if operand_type == "N":
        total = numbers.EXACT.add(Decimal((present or {"N": "0"})["N"]), Decimal(operand["N"]))
        _put(item, path, {"N": numbers.text_of(total)})
        return
    members = set((present or {}).get(operand_type, ()))
    members = members | set(operand[operand_type]) if kind == "ADD" else members - set(operand[operand_type])
    if members:
        _put(item, path, normalized({operand_type: list(members)}))
    elif present is not None:
        _remove(item, path)
