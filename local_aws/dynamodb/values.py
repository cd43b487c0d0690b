"""Attribute values as the API has them, `{"S": "text"}`: what they may be, their one form, and their size.

Values are kept as they come in, but with one text per number and sets in order: equal values are written alike.
"""

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from local_aws.dynamodb import numbers
from local_aws.dynamodb.exceptions import ValidationException

Value = dict[str, Any]
Item = dict[str, Value]

# Limits of the developer guide, Quotas in Amazon DynamoDB.
MAX_DEPTH = 32
MAX_ITEM_BYTES = 400 << 10
ORDERED_TYPES = frozenset({"S", "N", "B"})
SET_TYPES = frozenset({"SS", "NS", "BS"})


def normalized_item(item: Item) -> Item:
    """The item in its one form; raises ValidationException."""
    return {name: normalized(value) for name, value in item.items()}


def normalized(value: Any, depth: int = 1) -> Value:
    """The value in its one form; raises ValidationException."""
    if not isinstance(value, dict) or len(value) != 1:
        raise ValidationException(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            if not value
            else "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported"
            " datatypes"
        )
    ((kind, content),) = value.items()
    if kind == "S" and type(content) is str:
        return value
    if kind == "N" and type(content) is str:
        text = numbers.canonical(content)
        return value if text == content else {"N": text}
    if depth > MAX_DEPTH:
        raise ValidationException("Nesting Levels have exceeded supported limits")
    normalize = _NORMALIZED.get(kind)
    if normalize is None or not isinstance(content, _CONTENTS[kind]):
        raise ValidationException(
            f"Supplied AttributeValue is not valid: {kind} is no data type, or its content is of another type"
        )
    return {kind: normalize(content, depth)}


def _normalized_null(content: bool, _: int) -> bool:
    if not content:
        raise ValidationException(
            "One or more parameter values were invalid: Null attribute value types must have the value of true"
        )
    return content


def _normalized_binary(content: str, _: int) -> str:
    return base64.b64encode(binary(content)).decode()


def _normalized_set(
    normalize: Callable[[Any], Any], key: Callable[[Any], Any]
) -> Callable[[list[Any], int], list[Any]]:
    def normalized_set(content: list[Any], _: int) -> list[Any]:
        if not content:
            raise ValidationException("One or more parameter values were invalid: An string set  may not be empty")
        members = {normalize(member) for member in content if isinstance(member, str)}
        if len(members) != len(content):
            raise ValidationException(
                f"One or more parameter values were invalid: Input collection {content} contains duplicates."
            )
        return sorted(members, key=key)

    return normalized_set


_NORMALIZED: dict[str, Callable[[Any, int], Any]] = {
    "S": lambda content, _: content,
    "N": lambda content, _: numbers.canonical(content),
    "B": _normalized_binary,
    "BOOL": lambda content, _: content,
    "NULL": _normalized_null,
    "M": lambda content, depth: {name: normalized(value, depth + 1) for name, value in content.items()},
    "L": lambda content, depth: [normalized(value, depth + 1) for value in content],
    "SS": _normalized_set(str, str.encode),
    "NS": _normalized_set(numbers.canonical, Decimal),
    "BS": _normalized_set(lambda content: _normalized_binary(content, 0), base64.b64decode),
}
_CONTENTS: dict[str, type] = dict.fromkeys(ORDERED_TYPES, str) | dict.fromkeys((*SET_TYPES, "L"), list)
_CONTENTS |= {"BOOL": bool, "NULL": bool, "M": dict}


def binary(content: str) -> bytes:
    """The bytes of a value of type B; raises ValidationException."""
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise ValidationException(f"A value of type B is no Base64: {error}") from error


def type_of(value: Value) -> str:
    return next(iter(value))


def ordered(value: Value) -> Any:
    """What values of the types S, N and B are compared by."""
    ((kind, content),) = value.items()
    if kind == "S":
        return content.encode()
    return Decimal(content) if kind == "N" else base64.b64decode(content)


def item_size(item: Item) -> int:
    """Bytes of an item (developer guide, DynamoDB item sizes and formats)."""
    return sum(_text_size(name) + size(value) for name, value in item.items())


def size(value: Value) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return _text_size(content)
    if kind == "N":
        return (len(content.strip("-0.")) + 1) // 2 + 1
    return _SIZES[kind](content)


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


_SIZES: dict[str, Callable[[Any], int]] = {
    "B": lambda content: len(content) * 3 // 4,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "M": lambda content: 3 + sum(1 + _text_size(name) + size(value) for name, value in content.items()),
    "L": lambda content: 3 + sum(1 + size(value) for value in content),
    "SS": lambda content: sum(map(_text_size, content)),
    "NS": lambda content: sum(size({"N": member}) for member in content),
    "BS": lambda content: sum(len(member) * 3 // 4 for member in content),
}
