"""Filter patterns of CloudWatch Logs: terms and phrases, and selectors of JSON.

Source: CloudWatch Logs user guide, Filter pattern syntax. Space-delimited patterns and regular expressions are refused.
"""

import fnmatch
import json
import operator
import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput
from moto.logs.exceptions import InvalidParameterException

MISSING = object()
_TERM = re.compile(r'([-?]?)("(?:[^"]*)"|[A-Za-z0-9_]+)(?:\s+|$)')
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]")
ORDERS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Matches = Callable[[str], bool]


@cache
def _parser() -> Lark:
    return Lark(Path(__file__).with_name("filter_pattern.lark").read_text(), parser="lalr")


@lru_cache(maxsize=1000)
def parse(pattern: str) -> Matches:
    """The test of a line. Raises InvalidParameterException, and NotImplementedError for what is not applied here."""
    text = pattern.strip()
    if text.startswith("["):
        raise NotImplementedError("Space-delimited filter patterns")
    if text.startswith("%") or "%" in re.sub(r'"[^"]*"', "", text):
        raise NotImplementedError("Regular expressions in filter patterns")
    if text.startswith("{"):
        return _json_test(text)
    return _terms_test(text)


def _terms_test(text: str) -> Matches:
    terms, position = [], 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found:
            raise _invalid(text)
        terms.append((found[1], found[2].strip('"')))
        position = found.end()
    needed = [term for sign, term in terms if not sign]
    excluded = [term for sign, term in terms if sign == "-"]
    optional = [term for sign, term in terms if sign == "?"]

    def matches(line: str) -> bool:
        # Beside terms that must be there, optional ones count for nothing.
        is_chosen = bool(needed or not optional) or any(term in line for term in optional)
        return is_chosen and all(term in line for term in needed) and not any(term in line for term in excluded)

    return matches


def _json_test(text: str) -> Matches:
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _invalid(text) from error

    def matches(line: str) -> bool:
        document = read_json(line)
        return document is not None and _holds(tree, document)

    return matches


def _invalid(text: str) -> InvalidParameterException:
    return InvalidParameterException(constraint="Invalid filter pattern", parameter="filterPattern", value=text)


def read_json(line: str) -> dict[str, Any] | None:
    """The line as a JSON object; None for any other line."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def select(document: Any, selector: str) -> Any:
    """The value that a selector such as `$.errors[0].code` names; MISSING where there is none."""
    for name, index in _STEP.findall(selector):
        if index:
            document = document[int(index)] if isinstance(document, list) and len(document) > int(index) else MISSING
        else:
            document = document.get(name, MISSING) if isinstance(document, dict) else MISSING
    return document


def _holds(tree: Tree, document: Any) -> bool:
    if tree.data == "any_of":
        return any(_holds(child, document) for child in tree.children)
    if tree.data == "all_of":
        return all(_holds(child, document) for child in tree.children)
    value = select(document, str(tree.children[0]))
    match tree.data:
        case "is_true":
            return value is True
        case "is_false":
            return value is False
        case "is_null":
            return value is None
        case "not_exists":
            return value is MISSING
    return _compares(value, str(tree.children[1]), tree.children[2])


def _compares(value: Any, sign: str, wanted: Token) -> bool:
    if value is MISSING or value is None or isinstance(value, bool):
        return False
    if wanted.type == "NUMBER":
        return isinstance(value, int | float) and ORDERS[sign](value, float(wanted))
    is_equal = fnmatch.fnmatchcase(str(value), re.sub(r"([\[?])", r"[\1]", str(wanted).strip('"')))
    return is_equal if sign == "=" else sign == "!=" and not is_equal
