"""Formats of dates: MySQL's of date_format and date_parse, Joda's of format_datetime and parse_datetime."""

import re

from sqlglot import exp

from local_aws.athena.analysis.errors import failure, refused

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
