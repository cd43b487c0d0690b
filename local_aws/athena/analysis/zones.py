"""Time zones of values, which are known of an expression: DuckDB holds the instant alone."""

import re
from zoneinfo import ZoneInfo

from local_aws.athena.analysis.errors import refused
from local_aws.athena.analysis.types import Type
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.sql.quoting import text_literal

_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})")
_IN_TEXT = re.compile(r"^(.*\d)\s*(?:([+-]\d{1,2}:?\d{2})|(Z)|\s([A-Za-z][\w/+-]*))$")


def normal_zone(name: str) -> str:
    """Trino's spelling of a zone; raises QueryError for one that does not exist."""
    if offset := _OFFSET.fullmatch(name):
        return f"{offset[1]}{int(offset[2]):02}:{offset[3]}" if int(offset[2]) or int(offset[3]) else "UTC"
    if name.upper() in {"UTC", "Z", "GMT"}:
        return "UTC"
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise QueryError(f"INVALID_FUNCTION_ARGUMENT: '{name}' is not a valid time zone") from error
    return name


def split_zone(text: str) -> tuple[str, str | None]:
    """A literal's moment and zone."""
    found = _IN_TEXT.match(text.strip())
    if found is None or (" " not in text.strip() and not found[2] and not found[3]):
        return text, None
    zone = found[2] or found[3] or found[4]
    # The last two numbers of a date are not an offset.
    return (found[1], normal_zone(zone)) if ":" in found[1] or found[4] or found[3] else (text, None)


def zone_sql(kind: Type) -> str:
    """The zone of a value as a DuckDB text; refused where it may differ from value to value."""
    if kind.zone is None:
        raise refused("A time zone that differs from value to value")
    return text_literal(kind.zone)


def local_sql(sql: str, kind: Type) -> str:
    """The clock's time of an instant in its zone."""
    return f"trino_local({sql}, {zone_sql(kind)})"
