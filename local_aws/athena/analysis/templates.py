"""A call of a function as DuckDB's SQL: a signature's template with the arguments in it."""

import re
from collections.abc import Callable

from sqlglot import exp

from local_aws.athena.analysis.casts import cast_sql, coerced, text_sql
from local_aws.athena.analysis.equality import equal_sql
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.formats import joda_parts, strftime_format
from local_aws.athena.analysis.java_formats import format_sql
from local_aws.athena.analysis.operators import quotient_sql
from local_aws.athena.analysis.signatures import Match
from local_aws.athena.analysis.types import TIMESTAMP_TZ, VARCHAR, Type, array, decimal, duckdb_type
from local_aws.athena.analysis.values import Value
from local_aws.athena.analysis.zones import normal_zone, split_zone, zone_sql
from local_aws.athena.sql.quoting import text_literal

_PLACE = re.compile(r"\$(\*|[a-z]*)(\d?)")
# Where a template takes an aggregate's arguments together.
_ROWS = "$distinct{"
_SIMPLE = re.compile(r"[\w.\"']+|\w+\([^()]*\)|\(.*\)")
# What Java's Character.isWhitespace knows, which Trino's trim takes away.
_BLANKS = "chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || ' '"


class Call:
    """One call. `window` is what follows an aggregate: its FILTER and OVER; `modifiers` its DISTINCT and ORDER BY."""

    def __init__(
        self, node: exp.Expression, match: Match, arguments: list[Value], modifiers: tuple[str, str], window: str
    ) -> None:
        self.node, self.match, self.given, self.window = node, match, arguments, window
        self.sqls = [
            coerced(value.sql, value.type, wanted) if wanted.name != "function" else value.sql
            for value, wanted in zip(arguments, match.arguments, strict=True)
        ]
        self.modifiers = modifiers
        if self.sqls and "$distinct" not in match.signature.template:
            self.sqls[0] = modifiers[0] + self.sqls[0]
            self.sqls[-1] += modifiers[1]

    def value(self, columns: tuple[exp.Expression, ...]) -> Value:
        template = self.match.signature.template
        if what := self.match.signature.refused:
            raise refused(f"{self.match.signature.name} {what}", self.node)
        if all(self.modifiers) and _ROWS in template:
            # DuckDB orders distinct values by themselves, not by a part of them.
            raise refused(f"{self.match.signature.name} with DISTINCT and ORDER BY", self.node)
        kind = self._result()
        sql = _PLACE.sub(self._part, template)
        if self.window and "$window" not in template and "$average" not in template:
            sql += self.window
        return Value(
            f"({sql})" if sql.startswith(("CASE", "CAST")) or not _SIMPLE.fullmatch(sql) else sql, kind, columns
        )

    def _result(self) -> Type:
        kind, signature = self.match.result, self.match.signature
        if not any(part.name == TIMESTAMP_TZ for part in kind.parts):
            return kind
        if signature.template == "$iso1":
            return kind.with_zone(self._iso_zone())
        if signature.zone_argument:
            named = self.given[signature.zone_argument - 1]
            if named.type.name == TIMESTAMP_TZ:
                return kind.with_zone(named.type.zone)
            return kind.with_zone(normal_zone(named.text) if named.text is not None else None)
        zones = {part.zone for value in self.given for part in value.type.parts if part.name == TIMESTAMP_TZ}
        zone = zones.pop() if len(zones) == 1 else None if zones else "UTC"
        return kind.with_zone(zone) if kind.name == TIMESTAMP_TZ else _with_zone(kind, zone)

    def _part(self, place: re.Match[str]) -> str:
        what, number = place[1], place[2]
        if what == "" and number:
            return self._operand(int(number) - 1)
        if what == "*":
            return ", ".join(self.sqls)
        return _PARTS[what](self, int(number or 1) - 1) if what else place[0]

    def _operand(self, place: int) -> str:
        sql = self.sqls[place]
        is_alone = any(self.modifiers) or self.match.signature.template.count("(") == 1 or _SIMPLE.fullmatch(sql)
        return sql if is_alone else _grouped(sql)

    def zone(self, place: int) -> str:
        """Of an argument that is none with a time zone, that of the session."""
        given = self.given[place].type
        return zone_sql(given) if given.name == TIMESTAMP_TZ else "'UTC'"

    def average(self) -> str:
        precision, scale = self.match.result.arguments
        argument = self.sqls[0]
        total, count = f"sum({argument}){self.window}", f"nullif(count({argument}){self.window}, 0)"
        return quotient_sql(total, f"CAST({count} AS DECIMAL(19, 0))", decimal(precision, scale), 0)

    def constant(self, place: int, what: str) -> str:
        text = self.given[place].text
        if text is None:
            raise refused(f"{self.match.signature.name} with {what} that is not a literal", self.node)
        return text

    def iso_moment(self, place: int) -> str:
        if self.given[place].text is not None:
            moment, zone = split_zone(_iso_text(self.given[place].text))
            local = cast_sql(text_literal(moment), VARCHAR, Type("timestamp", (6,)))
            return f"trino_milliseconds(trino_instant({local}, {text_literal(zone or 'UTC')}))"
        return f"trino_iso_moment({self.sqls[place]})"

    def _iso_zone(self) -> str | None:
        text = self.given[0].text
        return (split_zone(_iso_text(text))[1] or "UTC") if text is not None else "UTC"

    def rounded(self) -> str:
        """`round(x, n)` of a decimal keeps its scale."""
        digits = self.given[1].sql
        if not re.fullmatch(r"\(?-?\d+\)?", digits):
            raise refused("round of a decimal to digits that are not a literal", self.node)
        kept = int(digits.strip("()"))
        return f"CAST(round({self.sqls[0]}, {kept}) AS {duckdb_type(self.match.result)})"

    def null_if_equal(self) -> str:
        """What is equal, and not perhaps equal for a NULL in it, is NULL."""
        kind, (one, other) = self.match.arguments[0], self.sqls
        if not kind.is_container:
            return f"nullif({one}, {other})"
        return f"CASE WHEN {equal_sql(one, other, kind)} THEN NULL ELSE {one} END"

    def null_test(self) -> str:
        return " OR ".join(f"{sql} IS NULL" for sql in self.sqls)

    def texts(self, place: int) -> str:
        given = self.given[place].type
        if given.element.name == "varchar":
            return self.sqls[place]
        if cast_sql("part", given.element, VARCHAR) is None:
            raise failure("TYPE_MISMATCH", self.node, f"Input type {given} not supported")
        return cast_sql(self.sqls[place], given, array(VARCHAR)) or self.sqls[place]

    def day(self, place: int) -> str:
        return _grouped(cast_sql(self.sqls[place], VARCHAR, Type("date")) or "")

    def mysql_format(self, place: int) -> str:
        return text_literal(strftime_format(self.constant(place, "a format"), self.node))

    def spread(self, place: int) -> str:
        """A lambda of several parameters as one of a struct that has a field for each."""
        parameters, _, body = self.sqls[place].removeprefix("lambda ").partition(": ")
        for number, parameter in reversed(list(enumerate(parameters.split(", "), 1))):
            body = f'list_transform([struct_extract_at("each ", {number})], lambda {parameter}: {body})[1]'
        return f'lambda "each ": {body}'

    def joda_format(self, place: int) -> str:
        """Of a text without a time zone, which parse_datetime takes as UTC."""
        parts = joda_parts(self.constant(place, "a format"), self.node)
        if any(is_zone for _, is_zone in parts):
            raise refused(f"{self.match.signature.name} with a time zone in the format", self.node)
        return text_literal("".join(part for part, _ in parts))

    def joda_text(self, place: int) -> str:
        """The moment as the pattern says, in its zone."""
        moment, kind = self.sqls[place], self.given[place].type
        zone = zone_sql(kind) if kind.name == TIMESTAMP_TZ else None
        local = moment if zone is None else f"trino_local({moment}, {zone})"
        texts = []
        for part, is_zone in joda_parts(self.constant(1, "a format"), self.node):
            if not is_zone:
                texts.append(f"strftime({local}, {text_literal(part)})")
            elif zone is None:
                raise failure(
                    "INVALID_FUNCTION_ARGUMENT",
                    self.node,
                    "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not "
                    "contain TZ information",
                )
            elif part == "ZZZ":
                texts.append(zone)
            elif part in {"Z", "ZZ"}:
                separator = text_literal(":" * (len(part) - 1))
                texts.append(f"trino_offset_text(trino_offset_minutes({moment}, {zone}), {separator})")
            else:
                raise refused(f"The pattern component '{part}' of a date format", self.node)
        return f"({' || '.join(texts) or chr(39) * 2})"

    def formatted(self) -> str:
        return format_sql(self.constant(0, "a format"), self.given[1:], self.node)


def _with_zone(kind: Type, zone: str | None) -> Type:
    arguments = tuple(
        part.with_zone(zone) if isinstance(part, Type) and part.name == TIMESTAMP_TZ else part
        for part in kind.arguments
    )
    return Type(kind.name, arguments)


def _iso_text(text: str) -> str:
    return text.replace("T", " ", 1)


def _grouped(sql: str) -> str:
    return f"({sql})"


_PARTS: dict[str, Callable[[Call, int], str]] = {
    "window": lambda call, _: call.window,
    "distinct": lambda call, _: call.modifiers[0],
    "order": lambda call, _: call.modifiers[1],
    "nullif": lambda call, _: call.null_if_equal(),
    "null": lambda call, _: call.null_test(),
    "joined": lambda call, _: " || ".join(map(_grouped, call.sqls)),
    "blanks": lambda *_: _BLANKS,
    "zone": lambda call, place: call.zone(place),
    "type": lambda call, place: str(call.given[place].type),
    "held": lambda call, place: duckdb_type(call.match.arguments[place]) or "VARCHAR",
    "result": lambda call, _: duckdb_type(call.match.result) or "VARCHAR",
    "average": lambda call, _: call.average(),
    "texts": Call.texts,
    "date": Call.day,
    "mysql": Call.mysql_format,
    "joda": Call.joda_format,
    "jodatext": Call.joda_text,
    "spread": Call.spread,
    "iso": Call.iso_moment,
    "rounded": lambda call, _: call.rounded(),
    "format": lambda call, _: call.formatted(),
    "length": lambda call, place: f"CAST({call.given[place].type.arguments[0]} AS BIGINT)",
    "text": lambda call, place: text_sql(call.sqls[place], call.given[place].type),
}
