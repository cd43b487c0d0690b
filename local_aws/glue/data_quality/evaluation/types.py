"""Types of the catalog's columns."""

from sqlglot import exp

from local_aws.athena.catalog.tables import Column


def is_numeric(column: Column) -> bool:
    return _type(column).is_type(*exp.DataType.NUMERIC_TYPES)


def is_text(column: Column) -> bool:
    return _type(column).is_type(*exp.DataType.TEXT_TYPES)


def is_date_or_time(column: Column) -> bool:
    return _type(column).is_type("date", "timestamp", "timestamptz")


def compared_as(column: Column) -> str | None:
    """The type in Athena's SQL that Spark takes a text as which is compared with the column; None for a text's."""
    if is_text(column):
        return None
    kind = _type(column)
    if kind.is_type(*exp.DataType.INTEGER_TYPES):
        return "bigint"
    if is_numeric(column):
        return "double"
    return kind.sql("trino") if is_date_or_time(column) or kind.is_type("boolean") else None


def _type(column: Column) -> exp.DataType:
    return exp.DataType.build(column.hive_type, dialect="hive")
