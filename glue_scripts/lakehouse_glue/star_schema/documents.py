"""Values of MongoDB's extended JSON, whichever of its forms a document has them in, as text that one parser has read.

The legacy form has {"$date": milliseconds} and plain numbers, the relaxed one {"$date": "2024-05-01T12:30:00Z"}, the
canonical one {"$date": {"$numberLong": "1714566600000"}} and every number as {"$numberInt": "5"} and the like.
Source: https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md
"""

from pyspark.sql import Column
from pyspark.sql import functions as f
from pyspark.sql import types as t

from lakehouse_glue.star_schema.cleaning import Typed, typed_text

NUMBER_OR_ID = r'^\{"\$(?:numberLong|numberInt|numberDouble|numberDecimal|oid)":"?([^"{}]*)"?\}$'
DATE_NUMBER = r'^\{"\$date":(?:(-?\d+)|\{"\$numberLong":"?(-?\d+)"?\})\}$'
COMPARED = "decimal(38,18)"
DATE_TEXT = r'^\{"\$date":"([^"]*)"\}$'


def scalar(value: Column) -> Column:
    """The number or id of {"$numberLong": "5"} and the like; any other text as it is."""
    unwrapped = f.regexp_extract(value, NUMBER_OR_ID, 1)
    return f.when(value.startswith('{"$'), f.coalesce(f.nullif(unwrapped, f.lit("")), value)).otherwise(value)


def is_structure(value: Column) -> Column:
    """Whether the text is that of a JSON object or array."""
    is_bracketed = (value.startswith("{") & value.endswith("}")) | (value.startswith("[") & value.endswith("]"))
    return f.when(is_bracketed, f.get_json_object(value, "$").isNotNull()).otherwise(f.lit(False))


def date_milliseconds(value: Column) -> Column:
    """Milliseconds since 1970 of a date that is a number; null for any other form."""
    digits = f.concat(f.regexp_extract(value, DATE_NUMBER, 1), f.regexp_extract(value, DATE_NUMBER, 2))
    return f.nullif(digits, f.lit("")).cast("bigint")


def date_moment(value: Column) -> Column:
    """Timestamp of a date that is an ISO text, with {"$date": …} around it or without; null for any other form."""
    inner = f.regexp_extract(value, DATE_TEXT, 1)
    return typed_text(f.coalesce(f.nullif(inner, f.lit("")), value), t.TimestampType()).value


def exact_double(value: Column) -> Typed:
    """A number as DOUBLE; one of more digits than a double keeps, such as {"$numberDecimal": "…"}, is mistyped."""
    number = typed_text(value, t.DoubleType())
    is_exact = value.cast(COMPARED).eqNullSafe(number.value.cast(COMPARED))
    return Typed(f.when(is_exact, number.value), number.is_mistyped | ~is_exact)
