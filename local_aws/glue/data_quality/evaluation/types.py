"""Types of the catalog's columns."""

from sqlglot import exp

from local_aws.athena.catalog.tables import Column


def is_numeric(column: Column) -> bool:
    return _type(column).is_type(*exp.DataType.NUMERIC_TYPES)


def is_text(column: Column) -> bool:
    return _type(column).is_type(*exp.DataType.TEXT_TYPES)


def is_date_or_time(column: Column) -> bool:
    return _type(column).is_type("date", "timestamp", "timestamptz")


def _type(column: Column) -> exp.DataType:
    return exp.DataType.build(column.hive_type, dialect="hive")
