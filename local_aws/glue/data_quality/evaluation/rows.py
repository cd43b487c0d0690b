"""What a rule asks of each row, as a condition in Athena's SQL that is true or false and never NULL."""

from collections.abc import Callable

from local_aws.athena.catalog.tables import Column
from local_aws.athena.sql.quoting import quoted
from local_aws.glue.data_quality.dqdl.model import Composite, Keyword, Operator, Rule
from local_aws.glue.data_quality.dqdl.rule_types import DATE, NUMBER, kind_of
from local_aws.glue.data_quality.evaluation.conditions import duration_condition, row_condition
from local_aws.glue.data_quality.evaluation.dataset import Dataset
from local_aws.glue.data_quality.evaluation.errors import RuleError, UnfitColumnError
from local_aws.glue.data_quality.evaluation.sql import condition_of
from local_aws.glue.data_quality.evaluation.types import is_date_or_time, is_numeric, is_text

# Of ColumnDataType, as Athena's SQL has them.
_DATA_TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "FLOAT": "real",
    "INTEGER": "integer",
    "LONG": "bigint",
    "TIMESTAMP": "timestamp",
}


def asked_of_rows(rule: Rule | Composite, dataset: Dataset) -> str:
    """The condition of a rule or of a composite; a row that a rule's where clause filters out meets the rule.

    Raises RuleError for rule types that ask nothing of a single row, and for thresholds.
    """
    if isinstance(rule, Composite):
        joined = " AND " if rule.is_conjunction else " OR "
        return joined.join(f"({asked_of_rows(member, dataset)})" for member in rule.members)
    if rule.rule_type not in _CONDITIONS or rule.threshold is not None:
        raise RuleError(f"A composite with this rule cannot be evaluated row by row: {rule.text}")
    asked = _CONDITIONS[rule.rule_type](rule, dataset)
    if rule.where is None:
        return asked
    return f"NOT coalesce({condition_of(rule.where).sql('trino')}, false) OR ({asked})"


def complete(rule: Rule, dataset: Dataset) -> str:
    return f"{quoted(dataset.column(rule.parameters[0]).name)} IS NOT NULL"


def values(rule: Rule, dataset: Dataset) -> str:
    column = dataset.column(rule.parameters[0])
    value = quoted(column.name)
    if set(rule.condition.operands) != {Keyword.NULL}:
        value = {NUMBER: _number_value, DATE: _date_value}.get(kind_of(rule.condition), _text_value)(column)
    return row_condition(rule.condition, value, dataset.now)


def length(rule: Rule, dataset: Dataset) -> str:
    return row_condition(rule.condition, length_value(dataset.column(rule.parameters[0])), dataset.now)


def data_type(rule: Rule, dataset: Dataset) -> str:
    column = dataset.column(rule.parameters[0])
    if rule.condition.operator not in {Operator.EQUAL, Operator.NOT_EQUAL}:
        raise RuleError("The rule type ColumnDataType takes the operators = and != only.")
    [wanted] = rule.condition.operands
    kind = _DATA_TYPES.get(str(wanted).upper())
    if kind is None:
        raise RuleError(f"Unrecognized data type: {wanted}")
    cast = f"TRY_CAST({quoted(column.name)} AS {kind})"
    if kind == "date" and is_text(column):
        cast = _date_value(column)
    return f"{cast} IS {'NOT ' if rule.condition.operator is Operator.EQUAL else ''}NULL"


def freshness(rule: Rule, dataset: Dataset) -> str:
    """The age is in hours, rounded to hundredths; a NULL has none, and fails."""
    column = dataset.column(rule.parameters[0])
    if not (is_date_or_time(column) or is_text(column)):
        raise wrong_type(column, "date")
    return duration_condition(rule.condition, quoted(column.name), dataset.now)


def length_value(column: Column) -> str:
    """A NULL has the length 0 (dqdl-rule-types-ColumnLength.html, "Null behavior")."""
    if not is_text(column):
        raise wrong_type(column, "string")
    return f"length(coalesce({quoted(column.name)}, ''))"


def wrong_type(column: Column, expected: str) -> UnfitColumnError:
    return UnfitColumnError(
        f"Expected type of column {column.name} to be {expected}, but found {column.hive_type} instead!"
    )


_CONDITIONS: dict[str, Callable[[Rule, Dataset], str]] = {
    "ColumnDataType": data_type,
    "ColumnLength": length,
    "ColumnValues": values,
    "DataFreshness": freshness,
    "IsComplete": complete,
}


def _number_value(column: Column) -> str:
    if is_numeric(column):
        return quoted(column.name)
    if is_text(column):
        return f"TRY_CAST({quoted(column.name)} AS double)"
    raise wrong_type(column, "numeric")


def _text_value(column: Column) -> str:
    return quoted(column.name) if is_text(column) else f"CAST({quoted(column.name)} AS varchar)"


def _date_value(column: Column) -> str:
    """A column's day. Of a text it is what Spark's cast reads: a year, a month or a day, with or without a time."""
    value = quoted(column.name)
    if is_date_or_time(column):
        return f"CAST({value} AS date)"
    if not is_text(column):
        raise wrong_type(column, "date")
    text = f"trim({value})"
    day = (
        f"CASE WHEN regexp_like({text}, '^\\d{{4}}$') THEN concat({text}, '-01-01') "
        f"WHEN regexp_like({text}, '^\\d{{4}}-\\d{{1,2}}$') THEN concat({text}, '-01') "
        f"WHEN regexp_like({text}, '^\\d{{4}}-\\d{{1,2}}-\\d{{1,2}}([ T].*)?$') "
        f"THEN regexp_extract({text}, '^\\d{{4}}-\\d{{1,2}}-\\d{{1,2}}') END"
    )
    return f"TRY_CAST({day} AS date)"
