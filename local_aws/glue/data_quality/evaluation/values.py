"""Rules about each value of a column: by the share of rows that comply with them, or the smallest and the largest."""

from local_aws.athena.catalog.tables import Column
from local_aws.athena.sql.quoting import quoted
from local_aws.glue.data_quality.dqdl.model import Keyword, Operator, Rule
from local_aws.glue.data_quality.dqdl.rule_types import DATE, NUMBER, kind_of
from local_aws.glue.data_quality.evaluation.columns import bounded, wrong_type
from local_aws.glue.data_quality.evaluation.conditions import duration_condition, is_met, row_condition
from local_aws.glue.data_quality.evaluation.dataset import Dataset
from local_aws.glue.data_quality.evaluation.errors import RuleError
from local_aws.glue.data_quality.evaluation.outcome import FAIL, PASS, Outcome, no_rows, unmet
from local_aws.glue.data_quality.evaluation.types import is_date_or_time, is_numeric, is_text

_BOUNDED_OPERATORS = {
    Operator.GREATER,
    Operator.GREATER_OR_EQUAL,
    Operator.LESS,
    Operator.LESS_OR_EQUAL,
    Operator.EQUAL,
}
_PATTERN_OPERATORS = {Operator.MATCHES, Operator.NOT_MATCHES}
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


def column_values(rule: Rule, dataset: Dataset) -> Outcome:
    [name] = rule.parameters
    column = dataset.column(name)
    kind = kind_of(rule.condition)
    is_null_only = set(rule.condition.operands) == {Keyword.NULL}
    if kind == NUMBER and not is_null_only:
        return _numbers(rule, name, column, dataset)
    if kind == DATE:
        if not (is_date_or_time(column) or is_text(column)):
            return wrong_type(name, column, "date")
        return _share(rule, dataset, f"Column.{name}.ColumnValues.Compliance", _date_value(column), passes_empty=True)
    value = quoted(column.name)
    if not is_null_only and not is_text(column):
        value = f"CAST({value} AS varchar)"
    is_pattern = rule.condition.operator in _PATTERN_OPERATORS
    metric = "PatternMatch" if is_pattern else "ColumnValues.Compliance"
    return _share(rule, dataset, f"Column.{name}.{metric}", value)


def _numbers(rule: Rule, name: str, column: Column, dataset: Dataset) -> Outcome:
    has_null = Keyword.NULL in rule.condition.operands
    if rule.condition.operator in _BOUNDED_OPERATORS and rule.threshold is None and not has_null:
        return _bounds(rule, name, column, dataset)
    if not (is_numeric(column) or is_text(column)):
        return wrong_type(name, column, "numeric")
    value = quoted(column.name) if is_numeric(column) else f"TRY_CAST({quoted(column.name)} AS double)"
    return _share(rule, dataset, f"Column.{name}.ColumnValues.Compliance", value)


def _bounds(rule: Rule, name: str, column: Column, dataset: Dataset) -> Outcome:
    """On the smallest and the largest value; a NULL among the values fails the rule, too."""
    if not is_numeric(column):
        return wrong_type(name, column, "numeric")
    value = f"CAST({quoted(column.name)} AS double)"
    total, present, lowest, highest = dataset.row(
        ["count(*)", f"count({value})", f"min({value})", f"max({value})"], rule.where
    )
    if not total:
        return no_rows(name)
    if not present:
        return Outcome(FAIL, unmet("NULL"))
    found = bounded(rule, f"Column.{name}", {"Minimum": lowest, "Maximum": highest}, {})
    if present == total:
        return found
    return Outcome(FAIL, "\n".join(filter(None, (found.message, unmet("NULL")))), found.metrics)


def column_data_type(rule: Rule, dataset: Dataset) -> Outcome:
    [name] = rule.parameters
    if rule.condition.operator not in {Operator.EQUAL, Operator.NOT_EQUAL}:
        raise RuleError("The rule type ColumnDataType takes the operators = and != only.")
    column = dataset.column(name)
    [wanted] = rule.condition.operands
    data_type = _DATA_TYPES.get(str(wanted).upper())
    if data_type is None:
        raise RuleError(f"Unrecognized data type: {wanted}")
    value = quoted(column.name)
    cast = _date_value(column) if data_type == "date" and is_text(column) else f"TRY_CAST({value} AS {data_type})"
    complies = f"{cast} IS {'NOT ' if rule.condition.operator is Operator.EQUAL else ''}NULL"
    return _compliance(rule, dataset, f"Column.{name}.ColumnDataType.Compliance", complies, passes_empty=True)


def data_freshness(rule: Rule, dataset: Dataset) -> Outcome:
    """The age in hours, rounded to hundredths; a NULL has none, and fails."""
    [name] = rule.parameters
    column = dataset.column(name)
    if not (is_date_or_time(column) or is_text(column)):
        return wrong_type(name, column, "date")
    complies = duration_condition(rule.condition, quoted(column.name), dataset.now)
    found = _compliance(rule, dataset, f"Column.{name}.DataFreshness.Compliance", complies, passes_empty=True)
    if found.result != FAIL:
        return found
    [share] = found.metrics.values()
    return Outcome(FAIL, f"{share * 100:.2f} % of rows passed the threshold", found.metrics)


def _share(rule: Rule, dataset: Dataset, metric: str, value: str, *, passes_empty: bool = False) -> Outcome:
    complies = row_condition(rule.condition, value, dataset.now)
    return _compliance(rule, dataset, metric, complies, passes_empty=passes_empty)


def _compliance(rule: Rule, dataset: Dataset, metric: str, complies: str, *, passes_empty: bool = False) -> Outcome:
    """The share of rows for which a condition holds, against the rule's threshold, or all of them."""
    total, passed = dataset.row(["count(*)", f"count_if({complies})"], rule.where)
    if not total:
        return Outcome(PASS) if passes_empty else no_rows(rule.parameters[0])
    share = passed / total
    return Outcome.of(is_met(rule.threshold, share), {metric: share}, unmet(share))


def _date_value(column: Column) -> str:
    """A column's day. Of a text it is what Spark's cast reads: a year, a month or a day, with or without a time."""
    value = quoted(column.name)
    if not is_text(column):
        return f"CAST({value} AS date)"
    text = f"trim({value})"
    day = (
        f"CASE WHEN regexp_like({text}, '^\\d{{4}}$') THEN concat({text}, '-01-01') "
        f"WHEN regexp_like({text}, '^\\d{{4}}-\\d{{1,2}}$') THEN concat({text}, '-01') "
        f"WHEN regexp_like({text}, '^\\d{{4}}-\\d{{1,2}}-\\d{{1,2}}([ T].*)?$') "
        f"THEN regexp_extract({text}, '^\\d{{4}}-\\d{{1,2}}-\\d{{1,2}}') END"
    )
    return f"TRY_CAST({day} AS date)"
