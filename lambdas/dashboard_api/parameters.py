"""What a client may put into a query: the kinds of parameters, each checked by type and range before it is bound."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

MOST_PARAMETERS = 20


class ParameterError(ValueError):
    """A parameter that cannot be used; `name` is the parameter's, the message one sentence."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Parameter(ABC):
    """A parameter of a query; without a default it has to be given."""

    name: str
    meaning: str
    default: Any = None
    is_required: bool = False

    @abstractmethod
    def read(self, text: str) -> Any:
        """The value of a text; raises ParameterError."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""

    def refused(self, wanted: str) -> ParameterError:
        return ParameterError(self.name, f"{self.name} has to be {wanted}.")


@dataclass(frozen=True)
class Integer(Parameter):
    """A whole number from `least` to `most`."""

    least: int = 0
    most: int = 0

    def read(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not self.least <= int(text) <= self.most:
            raise self.refused(f"a whole number from {self.least} to {self.most}")
        return int(text)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Share(Parameter):
    """A number from 0 to 1 with at most six digits after the point."""

    def read(self, text: str) -> str:
        if not re.fullmatch(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?", text, re.ASCII):
            raise self.refused("a number from 0 to 1 with at most six digits after the point, such as 0.04")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"}


@dataclass(frozen=True)
class Code(Parameter):
    """A text of few characters, such as a symbol; none of them can end a literal of SQL."""

    pattern: str = ""
    example: str = ""

    def read(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text, re.ASCII):
            raise self.refused(f"a text such as {self.example}")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.pattern}$"}


def read_parameters(declared: tuple[Parameter, ...], query_string: str) -> dict[str, Any]:
    """The values by name of all declared parameters; raises ParameterError for what is missing, wrong or not known."""
    given = _given(query_string)
    known = {parameter.name: parameter for parameter in declared}
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            raise ParameterError(name[:64], f"There is no parameter {name[:64]!r} here; those that there are: {names}.")
    return {name: _value(parameter, given) for name, parameter in known.items()}


def _given(query_string: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            query_string, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise ParameterError("", f"The query string has to be at most {MOST_PARAMETERS} parameters in UTF-8.") from None
    given: dict[str, str] = {}
    for name, text in pairs:
        if name in given:
            raise ParameterError(name[:64], f"{name[:64]} is given twice.")
        given[name] = text
    return given


def _value(parameter: Parameter, given: Mapping[str, str]) -> Any:
    if parameter.name in given:
        return parameter.read(given[parameter.name])
    if parameter.is_required:
        raise ParameterError(parameter.name, f"{parameter.name} is missing.")
    return parameter.default
