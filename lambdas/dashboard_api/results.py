"""What a query answered: columns, rows of JSON values, and what it cost."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

JsonValue = str | int | float | bool | None
# What JSON's numbers hold exactly in every reader (RFC 8259, section 6).
MOST_EXACT_INTEGER = 2**53 - 1

_INTEGERS = {"tinyint", "smallint", "integer", "bigint"}
_FLOATS = {"double", "float", "real"}


@dataclass(frozen=True)
class Column:
    """A column's name and its type as Athena calls it."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """`answered_at` is in seconds since 1970; milliseconds and bytes are those of the execution that found the rows."""

    columns: tuple[Column, ...]
    rows: list[list[JsonValue]]
    milliseconds: int
    scanned_bytes: int
    answered_at: float = field(default_factory=time.time)

    @property
    def answered_at_text(self) -> str:
        """ISO 8601 in UTC."""
        return moment_text(datetime.fromtimestamp(self.answered_at, UTC))


def moment_text(moment: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_value(text: str | None, kind: str) -> JsonValue:
    """A field of Athena's result as JSON: decimals stay exact as texts, timestamps become ISO 8601 in UTC."""
    if text is None:
        return None
    if kind in _INTEGERS:
        return int(text) if abs(int(text)) <= MOST_EXACT_INTEGER else text
    if kind in _FLOATS:
        number = float(text)
        return number if abs(number) < float("inf") else None
    if kind == "boolean":
        return text == "true"
    if kind.startswith("timestamp"):
        return f"{text.removesuffix(' UTC').replace(' ', 'T', 1)}Z"
    return text
