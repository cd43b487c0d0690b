"""The functions that Athena knows: the lines of `functions/<topic>.txt`, read when a query first calls one.

    slice(array(T), bigint, bigint) -> array(T) = trino_slice($1, $2, $3)
    sum(bigint) -> bigint aggregate = CAST(sum($1)$window AS BIGINT)
    soundex

Left of `=` are Trino's types: a capital letter is one type, `any` any, a small letter in parentheses a length or
precision, `...` any number of arguments of the last type, `(T) -> U` a lambda. Right of it is DuckDB's SQL, over the
macros of `macros.sql`: `$1` an argument, `$*` all of them, `$zone1` the time zone of one, `$window` where FILTER and
OVER of an aggregate go (at the end if it is not said), `$distinct` and `$order` where DISTINCT and ORDER BY in the call
go (around the arguments if it is not said), others as in `templates.py`. `@2` after a result: its zone is
what that argument says. `!` and words: what of a function is refused. A line of a name alone is a function that Athena
documents and that is refused here.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local_aws.athena.analysis.coercion import can_coerce, common_type, decimal_size, distance, remainder_size
from local_aws.athena.analysis.types import MAX_PRECISION, UNKNOWN, Type, decimal, parse_type

FOLDER = Path(__file__).with_name("functions")
SCALAR, AGGREGATE, WINDOW = "scalar", "aggregate", "window"
_LINE = re.compile(
    r"(?P<name>\w+)\((?P<arguments>.*)\) -> (?P<result>[^=@]+?)(?: @(?P<zone>\d))?(?: (?P<kind>aggregate|window))?"
    r" = (?P<template>.*)"
)
# What a decimal's size becomes, by the names that results have in the table: as the document says it, and computed.
_DECIMAL_RESULTS: dict[str, tuple[str, Callable[..., tuple[int, int]]]] = {
    "rounded": ("p+min(s,1),s", lambda p, s: (min(MAX_PRECISION, p + min(s, 1)), s)),
    "whole": ("p-s+min(s,1),0", lambda p, s: (min(MAX_PRECISION, p - s + min(s, 1)) or 1, 0)),
    "truncated": ("max(p-s,1),0", lambda p, s: (max(p - s, 1), 0)),
    "remainder": (
        "min(p-s,q-t)+max(s,t),max(s,t)",
        lambda p, s, q, t: remainder_size(decimal(p, s), decimal(q, t)),
    ),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """`zone_argument` counts from 1; 0 where the zone is that of the arguments."""

    name: str
    arguments: tuple[Type, ...]
    is_variadic: bool
    result: Type
    kind: str
    template: str
    zone_argument: int = 0

    @property
    def refused(self) -> str:
        """What of a function is refused though it is documented; empty for a signature that works."""
        return self.template[1:] if self.template.startswith("!") else ""

    @property
    def result_name(self) -> str:
        if not self.result.name.startswith("decimal "):
            return str(self.result)
        return f"decimal({_DECIMAL_RESULTS[self.result.name.removeprefix('decimal ')][0]})"

    def __str__(self) -> str:
        dots = ", ..." if self.is_variadic else ""
        return f"{self.name}({', '.join(map(str, self.arguments))}{dots})"

    def formal(self, count: int) -> tuple[Type, ...] | None:
        """Types of so many arguments; None if it does not take so many."""
        if self.is_variadic and count >= len(self.arguments):
            return self.arguments + self.arguments[-1:] * (count - len(self.arguments))
        return self.arguments if count == len(self.arguments) else None


@dataclass(frozen=True, slots=True)
class Match:
    """A signature with its variables bound: the types that the arguments are taken as, and the result's."""

    signature: Signature
    arguments: tuple[Type, ...]
    result: Type


# The type of a lambda's body, given the position of the argument and the types of its parameters.
LambdaType = Callable[[int, list[Type]], Type]


@cache
def _lines() -> dict[str, list[tuple[str, str]]]:
    """Topic and line of each entry, by the function's name."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for topic, entries in function_topics().items():
        for entry in entries:
            found[re.match(r"\w+", entry)[0].lower()].append((topic, entry))
    return found


@cache
def function_topics() -> dict[str, list[str]]:
    """The entries of the table by topic."""
    return {
        file.stem: [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        for file in sorted(FOLDER.glob("*.txt"))
    }


def is_documented(name: str) -> bool:
    return name in _lines()


@cache
def signatures(name: str) -> tuple[Signature, ...]:
    """Signatures of a function by its lower-case name; none for one that is refused or that Athena does not know."""
    return tuple(found for _, line in _lines().get(name, ()) for found in signatures_of(line))


def signatures_of(entry: str) -> tuple[Signature, ...]:
    """The signature of an entry of the table; none for a name alone."""
    return (_signature(entry),) if "(" in entry else ()


def _signature(line: str) -> Signature:
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise ValueError(f"No entry of a function: {line}")
    arguments = parts["arguments"].removesuffix("...")
    formal = parse_type(f"arguments({arguments})").arguments
    return Signature(
        parts["name"],
        formal,
        parts["arguments"].endswith("..."),
        _result(parts["result"]),
        parts["kind"] or SCALAR,
        parts["template"],
        int(parts["zone"] or 0),
    )


def _result(text: str) -> Type:
    return Type(f"decimal {text.removeprefix('decimal ')}") if text.startswith("decimal ") else parse_type(text)


def resolve(name: str, given: list[Type | None], lambda_type: LambdaType) -> Match | None:
    """The signature that takes these arguments with the least coercion; None stands for a lambda among them."""
    best: tuple[int, Match] | None = None
    for signature in signatures(name):
        formal = signature.formal(len(given))
        if formal is None:
            continue
        found = _matched(signature, formal, given, lambda_type)
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return best[1] if best else None


def _matched(
    signature: Signature, formal: tuple[Type, ...], given: list[Type | None], lambda_type: LambdaType
) -> tuple[int, Match] | None:
    bound: dict[str, Type | int] = {}
    lambdas = []
    for position, (wanted, kind) in enumerate(zip(formal, given, strict=True)):
        if (kind is None) != (wanted.name == "function"):
            return None
        if kind is None:
            lambdas.append((position, wanted))
        elif not _unify(wanted, kind, bound):
            return None
    for position, wanted in lambdas:
        *parameters, body = wanted.arguments
        if not _unify(body, lambda_type(position, [_bound(part, bound) for part in parameters]), bound):
            return None
    types = tuple(_bound(wanted, bound) for wanted in formal)
    pairs = [
        (kind, wanted) for kind, wanted in zip(given, types, strict=True) if kind is not None and wanted.name != "any"
    ]
    if not all(can_coerce(kind, wanted) for kind, wanted in pairs):
        return None
    generic = sum(1 for wanted in formal if wanted != _bound(wanted, {}) or _is_variable(wanted))
    cost = sum(distance(kind, wanted) for kind, wanted in pairs) * 10 + generic
    return cost, Match(signature, types, _bound(signature.result, bound))


def _is_variable(kind: Type) -> bool:
    return len(kind.name) == 1 and kind.name.isupper()


def _unify(pattern: Type, given: Type, bound: dict[str, Type | int]) -> bool:
    """Whether the pattern may stand for the type, or for one that it is taken as; binds the pattern's variables."""
    if _is_variable(pattern):
        known = bound.get(pattern.name)
        common = given if known is None else common_type(known, given)
        if common is None:
            return False
        bound[pattern.name] = common
        return True
    if given.name == "unknown" or pattern.name == "any":
        return True
    if pattern.name != given.name:
        return _unify_coerced(pattern, given, bound)
    for wanted, part in zip(pattern.arguments, given.arguments, strict=False):
        if isinstance(wanted, str):
            bound[wanted] = max(part, bound.get(wanted, part))
        elif (isinstance(wanted, Type) and not _unify(wanted, part, bound)) or (
            isinstance(wanted, tuple) and not _unify(wanted[1], part[1], bound)
        ):
            return False
    return True


def _unify_coerced(pattern: Type, given: Type, bound: dict[str, Type | int]) -> bool:
    if pattern.name == "decimal" and given.is_integer:
        sizes = decimal_size(given)
    elif pattern.name in {"varchar", "char"} and given.is_text:
        sizes = given.arguments
    elif common_type(given, Type(pattern.name, given.arguments)) is not None or can_coerce(given, pattern):
        sizes = given.arguments or (3,)
    else:
        return False
    for wanted, part in zip(pattern.arguments, sizes, strict=False):
        if isinstance(wanted, str):
            bound[wanted] = max(part, bound.get(wanted, part))
    return True


def _bound(pattern: Type, bound: dict[str, Type | int]) -> Type:
    if _is_variable(pattern):
        return bound.get(pattern.name, UNKNOWN) if bound else pattern
    if pattern.name.startswith("decimal "):
        sizes = {"p": 1, "s": 0} | {name: size for name, size in bound.items() if name.islower()}
        return decimal(*_DECIMAL_RESULTS[pattern.name.removeprefix("decimal ")][1](**sizes))
    if not pattern.arguments:
        return pattern
    arguments = tuple(_bound_argument(argument, bound) for argument in pattern.arguments)
    return Type(pattern.name, () if None in arguments else arguments)


def _bound_argument(argument: object, bound: dict[str, Type | int]) -> object:
    if isinstance(argument, str):
        return bound.get(argument)
    if isinstance(argument, tuple):
        return argument[0], _bound(argument[1], bound)
    return _bound(argument, bound) if isinstance(argument, Type) else argument
