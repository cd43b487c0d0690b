"""Rules about each value of a column: by the share of rows that comply with them, or the smallest and the largest."""

from local_aws.athena.sql.quoting import quoted
from local_aws.glue.data_quality.dqdl.model import Keyword, Operator, Rule
from local_aws.glue.data_quality.dqdl.rule_types import DATE, NUMBER, kind_of
from local_aws.glue.data_quality.evaluation import rows
from local_aws.glue.data_quality.evaluation.columns import bounded
from local_aws.glue.data_quality.evaluation.conditions import is_met
from local_aws.glue.data_quality.evaluation.dataset import Dataset
from local_aws.glue.data_quality.evaluation.outcome import FAIL, PASS, Outcome, no_rows, unmet
from local_aws.glue.data_quality.evaluation.types import is_numeric

_BOUNDED_OPERATORS = {
    Operator.GREATER,
    Operator.GREATER_OR_EQUAL,
    Operator.LESS,
    Operator.LESS_OR_EQUAL,
    Operator.EQUAL,
}
_PATTERN_OPERATORS = {Operator.MATCHES, Operator.NOT_MATCHES}


def column_values(rule: Rule, dataset: Dataset) -> Outcome:
    condition, kind = rule.condition, kind_of(rule.condition)
    has_null = Keyword.NULL in condition.operands
    if kind == NUMBER and condition.operator in _BOUNDED_OPERATORS and rule.threshold is None and not has_null:
        return _bounds(rule, dataset)
    metric = "PatternMatch" if condition.operator in _PATTERN_OPERATORS else "ColumnValues.Compliance"
    return _compliance(rule, dataset, metric, rows.values(rule, dataset), passes_empty=kind == DATE)


def column_data_type(rule: Rule, dataset: Dataset) -> Outcome:
    return _compliance(rule, dataset, "ColumnDataType.Compliance", rows.data_type(rule, dataset), passes_empty=True)


def data_freshness(rule: Rule, dataset: Dataset) -> Outcome:
    found = _compliance(rule, dataset, "DataFreshness.Compliance", rows.freshness(rule, dataset), passes_empty=True)
    if found.result != FAIL:
        return found
    [share] = found.metrics.values()
    return Outcome(FAIL, f"{share * 100:.2f} % of rows passed the threshold", found.metrics)


def _bounds(rule: Rule, dataset: Dataset) -> Outcome:
    """On the smallest and the largest value; a NULL among the values fails the rule, too."""
    [name] = rule.parameters
    column = dataset.column(name)
    if not is_numeric(column):
        raise rows.wrong_type(column, "numeric")
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


def _compliance(rule: Rule, dataset: Dataset, metric: str, complies: str, *, passes_empty: bool) -> Outcome:
    """The share of rows for which a condition holds, against the rule's threshold, or all of them."""
    [name] = rule.parameters
    total, passed = dataset.row(["count(*)", f"count_if({complies})"], rule.where)
    if not total:
        return Outcome(PASS) if passes_empty else no_rows(name)
    share = passed / total
    return Outcome.of(is_met(rule.threshold, share), {f"Column.{name}.{metric}": share}, unmet(share))
