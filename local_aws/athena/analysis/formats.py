"""Formats of dates and texts: MySQL's of date_format and date_parse, Java's of format()."""

import re
from itertools import count

from sqlglot import exp

from local_aws.athena.analysis.casts import text_sql
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.types import MAX_PRECISION
from local_aws.athena.analysis.values import Value
from local_aws.athena.sql.quoting import text_literal

# Trino documentation, "MySQL date functions".
_MYSQL = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
# Trino documentation, "Java date functions", after Joda's DateTimeFormat: a letter and how often it may stand.
_JODA = {
    "Y": "%Y", "YYYY": "%Y", "x": "%G", "xxxx": "%G", "w": "%-V", "ww": "%V", "e": "%u", "E": "%a", "EE": "%a",
    "EEE": "%a", "EEEE": "%A", "y": "%Y", "yy": "%y", "yyyy": "%Y", "D": "%-j", "DDD": "%j", "M": "%-m", "MM": "%m",
    "MMM": "%b", "MMMM": "%B", "d": "%-d", "dd": "%d", "a": "%p", "h": "%-I", "hh": "%I", "H": "%-H", "HH": "%H",
    "m": "%-M", "mm": "%M", "s": "%-S", "ss": "%S", "SSS": "%g",
}  # fmt: skip
_JODA_PART = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'")
_SPECIFIER = re.compile(
    r"%(?:(?P<place>\d+)\$)?(?P<flags>[,0+-]*)(?P<width>\d*)(?:\.(?P<precision>\d+))?(?P<kind>[a-zA-Z%])"
)


def strftime_format(pattern: str, node: exp.Expression) -> str:
    """DuckDB's format of MySQL's."""

    def translated(found: re.Match[str]) -> str:
        if found[1] in "DUuVwX":
            raise failure(
                "INVALID_FUNCTION_ARGUMENT", node, f"%{found[1]} not currently supported in date format string"
            )
        return _MYSQL.get(found[1], found[1])

    return re.sub(r"%(.)", translated, pattern)


def joda_parts(pattern: str, node: exp.Expression) -> list[tuple[str, bool]]:
    """A pattern of Joda's in pieces: DuckDB's format, or Joda's letters of a zone, which DuckDB has no format for."""
    pieces = []
    for found in _JODA_PART.finditer(pattern):
        part = found[0]
        if part.startswith("'"):
            if part == "'":
                raise failure("INVALID_FUNCTION_ARGUMENT", node, f"Invalid format: {pattern}")
            pieces.append((("'" if part == "''" else part[1:-1].replace("''", "'")).replace("%", "%%"), False))
        elif not part[0].isalpha():
            pieces.append((part.replace("%", "%%"), False))
        elif part[0] in "zZ":
            pieces.append((part, True))
        elif part in _JODA:
            pieces.append((_JODA[part], False))
        elif part[0] in "GCKkS" or part[0] in {known[0] for known in _JODA}:
            raise refused(f"The pattern component '{part}' of a date format", node)
        else:
            raise failure("INVALID_FUNCTION_ARGUMENT", node, f"Illegal pattern component: {part[0]}")
    return pieces


def format_sql(pattern: str, values: list[Value], node: exp.Expression) -> str:
    """`format('%s: %,.2f', …)` as a DuckDB expression."""
    parts, end, ordinary = [], 0, count()
    for found in _SPECIFIER.finditer(pattern):
        parts.append(_literal(pattern[end : found.start()], node))
        end = found.end()
        if found["kind"] in "%n":
            parts.append("'%'" if found["kind"] == "%" else "chr(10)")
            continue
        # Places that are given do not move the place of the next that is not.
        place = int(found["place"]) - 1 if found["place"] else next(ordinary)
        if not 0 <= place < len(values):
            raise failure(
                "INVALID_FUNCTION_ARGUMENT", node, f"Invalid format string: {pattern} (Format specifier '{found[0]}')"
            )
        parts.append(_specified(found, values[place], node))
    parts.append(_literal(pattern[end:], node))
    return f"({' || '.join(part for part in parts if part != chr(39) * 2) or chr(39) * 2})"


def _literal(piece: str, node: exp.Expression) -> str:
    if "%" in piece:
        raise refused(f"format with {piece[piece.index('%') :]}", node)
    return text_literal(piece)


def _specified(found: re.Match[str], value: Value, node: exp.Expression) -> str:
    flags, width, kind = found["flags"], found["width"], found["kind"]
    wrong = failure(
        "INVALID_FUNCTION_ARGUMENT", node, f"Invalid format string: {found[0]} (does not go with {value.type})"
    )
    if kind == "s":
        text = f"coalesce({text_sql(value.sql, value.type)}, 'null')"
        text = f"left({text}, {found['precision']})" if found["precision"] else text
        return f"printf('%{flags}{width}s', {text})" if width else text
    if kind == "d":
        if not value.type.is_integer or found["precision"]:
            raise wrong
        return _number(flags, width, "d", value.sql)
    if kind in "fe":
        if value.type.name not in {"double", "real", "decimal"}:
            raise wrong
        digits = int(found["precision"] or 6)
        return _number(
            flags, width, f".{digits}{kind}", _half_up(value.sql, digits) if kind == "f" else _double(value.sql)
        )
    if kind in "xX" and value.type.is_integer:
        return _number(flags, width, kind, value.sql)
    raise refused(f"format with %{kind}", node)


def _half_up(sql: str, digits: int) -> str:
    """As Java rounds: the digits that the number is shown with, not the binary fraction that it is."""
    shown = f"TRY_CAST(CAST({sql} AS VARCHAR) AS DECIMAL({MAX_PRECISION}, {min(digits, MAX_PRECISION)}))"
    return f"coalesce({_double(shown)}, {_double(sql)})"


def _double(sql: str) -> str:
    return f"CAST({sql} AS DOUBLE)"


def _number(flags: str, width: str, kind: str, sql: str) -> str:
    if "," not in flags:
        return f"printf('%{flags}{width}{kind}', {sql})"
    # DuckDB's format writes commas, but neither a sign nor blanks beside them.
    if "0" in flags:
        raise refused(f"format with %{flags}{width}{kind}")
    sign = f"CASE WHEN {sql} >= 0 THEN '+' ELSE '' END || " if "+" in flags else ""
    text = f"({sign}format('{{:,{kind}}}', {sql}))"
    return f"printf('%{'-' if '-' in flags else ''}{width}s', {text})" if width else text
