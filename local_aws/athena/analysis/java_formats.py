"""Texts of format(), which Trino's FormatFunction leaves to Java's Formatter.

It rounds half up what a number is shown as, a real as the double that it is, and writes `null` for NULL, whatever the
conversion, cut to the precision like any text.
"""

import re
from itertools import count

from sqlglot import exp

from local_aws.athena.analysis.casts import text_sql
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.types import MAX_PRECISION
from local_aws.athena.analysis.values import Value
from local_aws.athena.sql.quoting import text_literal

_SPECIFIER = re.compile(
    r"%(?:(?P<place>\d+)\$)?(?P<flags>[,0+-]*)(?P<width>\d*)(?:\.(?P<precision>\d+))?(?P<kind>[a-zA-Z%])"
)
_FRACTION_DIGITS = 6
# The flags that each conversion of Java's Formatter takes.
_FLAGS = {"s": "-", "d": "-+0,", "x": "-0", "X": "-0", "f": "-+0,", "e": "-+0"}


def format_sql(pattern: str, values: list[Value], node: exp.Expression) -> str:
    """`format('%s: %,.2f', …)` as a DuckDB expression."""
    parts, end, ordinary = [], 0, count()
    for found in _SPECIFIER.finditer(pattern):
        parts.append(_literal(pattern[end : found.start()], node))
        end = found.end()
        if found["kind"] in "%n":
            if found[0] not in {"%%", "%n"}:
                raise refused(f"format with {found[0]}", node)
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
    kind, width, precision = found["kind"], found["width"], found["precision"]
    if kind not in "sdxXfe":
        raise refused(f"format with %{kind}", node)
    if mistake := _mistaken_flags(found):
        raise failure("INVALID_FUNCTION_ARGUMENT", node, f"Invalid format string: {found.string} ({mistake})")
    is_fitting = {"s": True, "f": _has_fraction(value), "e": _has_fraction(value)}.get(kind, value.type.is_integer)
    if not (is_fitting or value.type.name == "unknown") or (kind in "dxX" and precision):
        raise failure(
            "INVALID_FUNCTION_ARGUMENT", node, f"Invalid format string: {found[0]} (does not go with {value.type})"
        )
    null = "NULL" if kind == "X" else "null"
    nothing = text_literal(null if precision is None else null[: int(precision)])
    if value.type.name == "unknown":
        text = nothing
    elif kind == "s":
        shown = text_sql(value.sql, value.type)
        text = f"coalesce({f'left({shown}, {precision})' if precision else shown}, {nothing})"
    else:
        text = f"coalesce({_number(found, value)}, {nothing})"
    return f"printf('%{'-' if '-' in found['flags'] else ''}{width}s', {text})" if width else text


def _mistaken_flags(found: re.Match[str]) -> str | None:
    """What Java's Formatter says of flags that do not go together, or not with the conversion."""
    flags, kind = found["flags"], found["kind"]
    for flag in flags:
        if flags.count(flag) > 1:
            return f"DuplicateFormatFlags: Flags = '{flag}'"
    if not found["width"] and ("-" in flags or ("0" in flags and kind != "s")):
        return f"MissingFormatWidth: {found[0]}"
    if {"-", "0"} <= set(flags) and kind != "s":
        return "IllegalFormatFlags: Flags = '-0'"
    for flag in flags:
        if flag not in _FLAGS[kind]:
            return f"FormatFlagsConversionMismatch: Conversion = {kind}, Flags = {flag}"
    return None


def _has_fraction(value: Value) -> bool:
    return value.type.name in {"double", "real", "decimal"}


def _number(found: re.Match[str], value: Value) -> str:
    """The number's text before it is filled up with blanks; NULL of NULL."""
    flags, kind = found["flags"], found["kind"]
    digits = int(found["precision"] or _FRACTION_DIGITS)
    is_floating = value.type.name in {"double", "real"}
    sql = f"CAST({value.sql} AS DOUBLE)" if is_floating else value.sql
    if kind in "xX":
        sign, shown = "''", f"printf('%{kind}', CAST({sql} AS BIGINT))"
    else:
        is_negative = f"signbit({sql})" if is_floating else f"{sql} < 0"
        sign = f"CASE WHEN {is_negative} THEN '-' ELSE '{'+' if '+' in flags else ''}' END"
        shown = _absolute(sql, value, kind, digits)
    if "," in flags:
        shown = f"trino_grouped_text({shown})"
    text = f"trino_signed_text({sign}, {shown}, {found['width'] if '0' in flags else 0})"
    return f"trino_finite_text({sql}, {sign}, {text})" if is_floating else text


def _absolute(sql: str, value: Value, kind: str, digits: int) -> str:
    if kind == "d":
        return f"CAST(abs(CAST({sql} AS HUGEINT)) AS VARCHAR)"
    if kind == "e":
        shown = f"CAST(abs({sql}) AS VARCHAR)"
        whole = shown if value.type.name == "decimal" else rf"regexp_replace({shown}, '\.0$', '')"
        return f"trino_scientific_text({whole}, {digits})"
    if value.type.name == "decimal":
        scale = min(digits, value.type.arguments[1], MAX_PRECISION - 1)
        return f"trino_fixed_text(CAST(CAST(abs({sql}) AS DECIMAL({MAX_PRECISION}, {scale})) AS VARCHAR), {digits})"
    shown = f"CAST(abs({sql}) AS VARCHAR)"
    rounded = f"TRY_CAST({shown} AS DECIMAL({MAX_PRECISION}, {min(digits, MAX_PRECISION - 1)}))"
    return f"trino_fixed_text(coalesce(CAST({rounded} AS VARCHAR), trino_plain_text({shown})), {digits})"
