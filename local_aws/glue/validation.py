"""The limits of lengths, numbers and characters in Glue's model: what breaks one is refused before anything else.

boto3 checks the least values alone, so that the greatest are met at the service. The words are those that dbt's users
see of a long column comment: "1 validation error detected: Value '…' at 'tableInput.….comment' failed to satisfy
constraint: Member must have length less than or equal to 255" (ValidationException).
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import Shape
from moto.core.utils import get_service_model
from moto.glue.exceptions import GlueClientError

# Java's escapes of the characters above 0xFFFF, as two surrogates each.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"

# Java's name of a category, which Python's expressions have not.
_CATEGORY = re.compile(r"\\p\{(\w+)\}")


class ValidationError(GlueClientError):
    def __init__(self, problems: list[str]) -> None:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        super().__init__("ValidationException", count + "; ".join(problems))


def check_parameters(operation: str, parameters: dict[str, Any]) -> None:
    """Raises ValidationError for values that are outside of what the operation's model says."""
    model = get_service_model("glue")
    if operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        if problems := list(_problems(shape, parameters, "")):
            raise ValidationError(problems)


def _problems(shape: Shape, value: Any, place: str) -> Iterator[str]:
    if value is None:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from _problems(member, value.get(name), f"{place}.{name[0].lower()}{name[1:]}".lstrip("."))
        return
    if demand := _broken_demand(shape, value):
        yield f"Value '{value}' at '{place}' failed to satisfy constraint: Member must {demand}"
    if shape.type_name == "list":
        for number, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{place}.{number}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _problems(shape.key, key, f"{place}.{key}.key")
            yield from _problems(shape.value, item, f"{place}.{key}.value")


def _broken_demand(shape: Shape, value: Any) -> str | None:
    limits = shape.metadata
    is_number = shape.type_name in {"integer", "long", "float", "double"}
    if shape.type_name not in {"string", "list", "map"} and not is_number:
        return None
    size, what = (value, "have value") if is_number else (len(value), "have length")
    if "max" in limits and size > limits["max"]:
        return f"{what} less than or equal to {limits['max']}"
    if "min" in limits and size < limits["min"]:
        return f"{what} greater than or equal to {limits['min']}"
    if shape.type_name == "string" and "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        return f"satisfy regular expression pattern: {limits['pattern']}"
    if shape.type_name == "string" and limits.get("enum") and value not in limits["enum"]:
        return f"satisfy enum value set: [{', '.join(limits['enum'])}]"
    return None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    in_python = pattern.replace(_SURROGATES, r"\U00010000-\U0010FFFF")
    return re.compile(_CATEGORY.sub(lambda found: _characters(found[1]), in_python))


def _characters(category: str) -> str:
    """Those of a Unicode category such as L, of letters, as they stand in a class of characters."""
    every = map(chr, range(sys.maxunicode + 1))
    return "".join(re.escape(character) for character in every if unicodedata.category(character).startswith(category))
