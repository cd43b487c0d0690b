"""Declarations of feeds in TOML, checked key by key: what is wrong is said with its line."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from lakehouse_glue.arrivals.dates import check_format
from lakehouse_glue.arrivals.numbers import NumberForm
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.stocks.feeds.feed import COLUMNS, Feed

FILE_NAME = "feeds.toml"
FEED_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
# Of these a comma, a quote and a line's end are the same byte as in ASCII.
ENCODINGS = ("utf-8", "cp1252", "iso-8859-1", "iso-8859-15")
KEYS = (
    *("ambiguous_prices", "columns", "constants", "currency_signs", "date_formats", "decimal_mark", "delimiter"),
    *("description", "encodings", "extra_decimals", "ignored_columns", "other_columns", "suffixes"),
    *("symbol_from_name", "thousands_marks"),
)
KEY = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
ENTRY = re.compile(rf"\s*(?:\[([^\[\]]+)\]|({KEY}(?:\s*\.\s*{KEY})*)\s*=)")


@cache
def read_feeds() -> Mapping[str, Feed]:
    """The feeds of this package by name. Raises BadInputError."""
    return parse_feeds((files(__package__) / FILE_NAME).read_text("utf-8"))


def parse_feeds(text: str) -> dict[str, Feed]:
    """The feeds that a TOML document declares, by name. Raises BadInputError for the first mistake, with its line."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"{FILE_NAME} is not valid TOML: {error}.") from None
    lines = {path: number for number, path in _paths(text)}
    return {name: _feed(_Table((name,), declared, lines)) for name, declared in document.items()}


def _paths(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The lines that begin a table or a key, in reverse, so that the first one of a path counts."""
    table: tuple[str, ...] = ()
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := ENTRY.match(line):
            parts = tuple(part.strip().strip("\"'") for part in (match[1] or match[2]).split("."))
            table = parts if match[1] else table
            path = parts if match[1] else table + parts
            found += [(number, path[:length]) for length in range(1, len(path) + 1)]
    return reversed(found)


@dataclass(frozen=True)
class _Table:
    """A table of the document and the lines of all keys by their path."""

    path: tuple[str, ...]
    values: Any
    lines: Mapping[tuple[str, ...], int]

    def wrong(self, problem: str, *keys: str) -> BadInputError:
        path = (*self.path, *keys)
        line = next(self.lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in self.lines)
        name = f"[{path[0]}] {'.'.join(path[1:])}".strip()
        return BadInputError(f"{FILE_NAME}, line {line}: {name} {problem}.")

    def text(self, key: str, default: str | None = None) -> Any:
        value = self.values.get(key, default)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.wrong("has to be a text", key)
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.text(key, choices[0])
        if value not in choices:
            raise self.wrong(f'is "{value}": it has to be {_alternatives(choices)}', key)
        return value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.values.get(key, list(default))
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
            raise self.wrong("has to be a text or a list of texts", key)
        return tuple(value)

    def checked(self, key: str, check: Callable[[str], str | None], default: tuple[str, ...] = ()) -> tuple[str, ...]:
        texts = self.texts(key, default)
        for text in texts:
            if problem := check(text):
                raise self.wrong(f'has "{text}": {problem}', key)
        return texts

    def table(self, key: str) -> "_Table":
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(f"has to be a table, as {key}.name = value", key)
        return replace(self, path=(*self.path, key), values=value)


def _feed(table: _Table) -> Feed:
    if not isinstance(table.values, dict):
        raise table.wrong("has to be a table: the key of a feed stands below its [name]")
    if not FEED_NAME.fullmatch(table.path[0]):
        raise table.wrong("has to have a name of small letters, digits and underscores, for it is that of a folder")
    unknown = [key for key in table.values if key not in KEYS]
    if unknown:
        raise table.wrong(f"is not a key of a feed: those are {', '.join(KEYS)}", unknown[0])
    symbol_from_name = table.text("symbol_from_name")
    if symbol_from_name is not None and (problem := _check_pattern(symbol_from_name)):
        raise table.wrong(problem, "symbol_from_name")
    delimiter = table.text("delimiter", ",")
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter.isalnum() or delimiter in '"\r\n.':
        raise table.wrong(f"is {delimiter!r}: it has to be one sign, such as ; or a tab", "delimiter")
    return Feed(
        name=table.path[0],
        description=table.text("description", table.path[0]),
        columns=_columns(table.table("columns"), has_symbol_in_name=symbol_from_name is not None),
        ignored_columns=tuple(_title(title) for title in table.texts("ignored_columns")),
        takes_other_columns=table.choice("other_columns", ("refused", "ignored")) == "ignored",
        symbol_from_name=symbol_from_name,
        constants=_constants(table.table("constants")),
        delimiter=delimiter,
        encodings=table.checked("encodings", _check_encoding, ("utf-8",)),
        date_formats=table.checked("date_formats", check_format, ("%Y-%m-%d",)),
        numbers=_number_form(table),
        rounds_extra_decimals=table.choice("extra_decimals", ("rejected", "rounded")) == "rounded",
        reads_ambiguous_prices=table.choice("ambiguous_prices", ("rejected", "read")) == "read",
    )


def _columns(table: _Table, *, has_symbol_in_name: bool) -> dict[str, tuple[str, ...]]:
    _check_columns(table)
    defaults = {name: () if name == "symbol" and has_symbol_in_name else (name,) for name in COLUMNS}
    columns = {name: tuple(map(_title, table.texts(name, defaults[name]))) for name in COLUMNS}
    first: dict[str, str] = {}
    for name, titles in columns.items():
        for title in titles:
            if first.setdefault(title, name) != name:
                raise table.wrong(f'has "{title}", which is {first[title]} too', name)
    return columns


def _constants(table: _Table) -> dict[str, str]:
    _check_columns(table)
    return {name: table.text(name) for name in table.values}


def _check_columns(table: _Table) -> None:
    unknown = [name for name in table.values if name not in COLUMNS]
    if unknown:
        raise table.wrong(f"is not a column: those are {', '.join(COLUMNS)}", unknown[0])


def _number_form(table: _Table) -> NumberForm:
    decimal_mark = table.choice("decimal_mark", (".", ","))
    thousands_marks = table.checked("thousands_marks", _check_mark)
    if decimal_mark in thousands_marks:
        raise table.wrong(f'has "{decimal_mark}", which is the decimal mark', "thousands_marks")
    suffixes = table.table("suffixes")
    currency_signs = table.checked("currency_signs", _check_sign)
    if doubled := [sign for sign in currency_signs if sign in suffixes.values]:
        raise table.wrong(f'has "{doubled[0]}", which is a suffix', "currency_signs")
    return NumberForm(
        decimal_mark,
        thousands_marks,
        currency_signs,
        {letter: _power_of_ten(suffixes, letter) for letter in suffixes.values},
    )


def _power_of_ten(suffixes: _Table, letter: str) -> int:
    factor = suffixes.values[letter]
    if not letter.isalpha() or len(letter) > 1 or letter in "eE":
        raise suffixes.wrong("has to be one letter, and not E", letter)
    if type(factor) is not int or not re.fullmatch("10+", str(factor)):
        raise suffixes.wrong(f"is {factor!r}: it has to be 10, 100, 1000 and so on", letter)
    return len(str(factor)) - 1


def _check_pattern(pattern: str) -> str | None:
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        return f"is not a regular expression: {error}"
    return None if list(groups) == ["symbol"] else "needs one named group, (?P<symbol>...)"


def _check_encoding(encoding: str) -> str | None:
    return None if encoding in ENCODINGS else f"the encodings are {', '.join(ENCODINGS)}"


def _check_mark(mark: str) -> str | None:
    return "it has to be one sign" if len(mark) != 1 or mark.isalnum() or mark in "+-" else None


def _check_sign(sign: str) -> str | None:
    return "it has digits, blanks or marks" if re.search(r"[\d\s.,+-]", sign) else None


def _title(title: str) -> str:
    return title.strip().lower()


def _alternatives(choices: tuple[str, ...]) -> str:
    return " or ".join(f'"{choice}"' for choice in choices)
