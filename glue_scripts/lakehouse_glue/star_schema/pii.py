"""The PII policy: what becomes of every source column, in the star schema and in the raw rows of `rejects` alike.

The declarations of the raw tables name a treatment for each column.

A nested object is declared field by field; what it holds besides is dropped.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_contract.tables import Column as DeclaredColumn
from lakehouse_glue.star_schema.documents import is_structure
from lakehouse_glue.star_schema.schemas import SOURCE_TABLES
from lakehouse_glue.star_schema.tokens import INNER_PAD, OUTER_PAD, token

Treatment = Callable[[Column], Column]
NestedPolicy = dict[str, Treatment | None]
HIDDEN = "***"
# JSON that holds no fields of its own making: values of extended JSON, and lists of scalars.
EXTENDED_VALUE = (
    r'^\{"\$(?:oid":"[0-9a-f]{24}"|number[A-Z][a-z]+":"[-+.0-9A-Za-z]*"'
    r'|date":(?:-?\d+|"[-+:.0-9TZ ]*"|\{"\$numberLong":"-?\d+"\}))\}$'
)
LIST_OF_SCALARS = r"^\[[^\[{]*\]$"


def keep(column: Column) -> Column:
    return column


def mask(visible: int) -> Treatment:
    """Stars instead of all but the last `visible` characters; a text that is not longer is hidden altogether."""
    return partial(_masked, visible=visible)


def _masked(column: Column, visible: int) -> Column:
    text = column.cast("string")
    is_long_enough = f.length(text) > visible
    return f.when(is_long_enough, f.concat(f.lit(HIDDEN), f.right(text, f.lit(visible)))).when(
        text.isNotNull(), f.lit(HIDDEN)
    )


def hash_text(column: Column) -> Column:
    """SHA-256: tells whether two values are equal; without a key, so not for values that can be guessed."""
    return f.sha2(column.cast("string"), 256)


def tokenize(column: Column) -> Column:
    """Keyed HMAC-SHA256: joins like the value, and cannot be guessed without the key."""
    return token(column.cast("string"))


def keep_identifier(column: Column) -> Column:
    """An identifier as it is; the hash of one that is an object, whose fields nobody has declared."""
    return f.when(is_structure(column), hash_text(column)).otherwise(column)


DROP = None

TREATMENTS: dict[str, Treatment | None] = {
    "keep": keep,
    "keep_identifier": keep_identifier,
    "hash": hash_text,
    "tokenize": tokenize,
    "drop": DROP,
}
MASK = re.compile(r"mask\((\d+)\)")


def treatment(name: str) -> Treatment | None:
    """The treatment that a declaration names; raises KeyError for a name that is none."""
    masked = MASK.fullmatch(name)
    return mask(int(masked[1])) if masked else TREATMENTS[name]


def _policy(columns: Sequence[DeclaredColumn]) -> dict[str, Treatment | NestedPolicy | None]:
    policy: dict[str, Treatment | NestedPolicy | None] = {}
    for column in columns:
        name, _, field = column.name.partition(".")
        if field:
            policy.setdefault(name, {})[field] = treatment(column.pii)
        else:
            policy[name] = treatment(column.pii)
    return policy


POLICY = {name: _policy((*table.columns, *table.fields)) for name, table in SOURCE_TABLES.items()}


def needs_token_pads(source: str) -> bool:
    return tokenize in POLICY[source].values()


def protect(frame: DataFrame, source: str) -> DataFrame:
    """The frame with the source's columns treated, dropped ones and token pads removed; other columns as they are."""
    policy = POLICY[source]
    treated = {name: treat(f.col(name)) for name, treat in policy.items() if callable(treat) and name in frame.columns}
    dropped = [name for name, treat in policy.items() if treat is DROP]
    return frame.withColumns(treated).drop(*dropped, INNER_PAD, OUTER_PAD)


def row_json(columns: list[Column]) -> Column:
    """The columns as a JSON object, nulls included."""
    options = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", "ignoreNullFields": "false"}
    return f.to_json(f.struct(*columns), options)


def protected_json(source: str, columns: dict[str, Column]) -> Column:
    """A source row as a JSON object with the policy applied: those of `columns` that the policy does not drop.

    A column whose policy is nested is a struct of texts, of which the declared ones are shown.
    """
    shown = {name: treat for name in columns if (treat := POLICY[source][name])}
    return row_json([_treated(columns[name], treat).alias(name) for name, treat in shown.items()])


def _treated(column: Column, treat: Treatment | NestedPolicy) -> Column:
    if callable(treat):
        return treat(column)
    fields = [hide_fields(treat_field(column[name])).alias(name) for name, treat_field in treat.items() if treat_field]
    return f.when(column.isNotNull(), f.to_json(f.struct(*fields)))


def hide_fields(value: Column) -> Column:
    """The text of a JSON value; stars for one that holds an object, whose fields nobody has declared."""
    is_bracketed = value.startswith("{") | value.startswith("[")
    is_declared = value.rlike(EXTENDED_VALUE) | value.rlike(LIST_OF_SCALARS)
    return f.when(is_bracketed & ~is_declared, f.lit(HIDDEN)).otherwise(value)
