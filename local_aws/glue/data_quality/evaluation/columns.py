"""Rules about a table or a column as a whole: one metric or two, and an expression."""

from local_aws.athena.sql.quoting import quoted
from local_aws.glue.data_quality.dqdl.model import Operator, Rule
from local_aws.glue.data_quality.evaluation import rows
from local_aws.glue.data_quality.evaluation.conditions import is_met
from local_aws.glue.data_quality.evaluation.dataset import Dataset, kept_rows
from local_aws.glue.data_quality.evaluation.outcome import Outcome, no_rows, unmet
from local_aws.glue.data_quality.evaluation.sql import parsed
from local_aws.glue.data_quality.evaluation.types import is_numeric

_STATISTICS = {"Mean": "avg({0})", "Sum": "sum({0})", "StandardDeviation": "stddev_pop({0})"}


def row_count(rule: Rule, dataset: Dataset) -> Outcome:
    [count] = dataset.row(["count(*)"], rule.where)
    return _single(rule, "Dataset.*.RowCount", count)


def column_count(rule: Rule, dataset: Dataset) -> Outcome:
    return _single(rule, "Dataset.*.ColumnCount", len(dataset.columns))


def column_exists(rule: Rule, dataset: Dataset) -> Outcome:
    [name] = rule.parameters
    return _single(rule, f"Dataset.{name}.ColumnExists", float(name.lower() in dataset.columns))


def completeness(rule: Rule, dataset: Dataset) -> Outcome:
    [name] = rule.parameters
    column = dataset.column(name)
    total, present = dataset.row(["count(*)", f"count({quoted(column.name)})"], rule.where)
    if not total:
        return no_rows(name)
    return _single(rule, f"Column.{name}.Completeness", present / total)


def uniqueness(rule: Rule, dataset: Dataset) -> Outcome:
    """The share of rows whose value occurs once, of those that are not NULL in all of the columns."""
    share = _unique_share(rule, dataset)
    if share is None:
        return no_rows(", ".join(rule.parameters))
    return _single(rule, _uniqueness_metric(rule), share)


def primary_key(rule: Rule, dataset: Dataset) -> Outcome:
    share = _unique_share(rule, dataset)
    counts = [f"count({quoted(dataset.column(name).name)})" for name in rule.parameters]
    total, *present = dataset.row(["count(*)", *counts], rule.where)
    if share is None:
        return no_rows(", ".join(rule.parameters))
    metrics = {_uniqueness_metric(rule): share}
    metrics |= {
        f"Column.{name}.Completeness": count / total for name, count in zip(rule.parameters, present, strict=True)
    }
    faults = [unmet(value) for value in metrics.values() if value != 1.0]
    return Outcome.of(not faults, metrics, "\n".join(faults))


def statistic(rule: Rule, dataset: Dataset) -> Outcome:
    [name] = rule.parameters
    column = dataset.column(name)
    if not is_numeric(column):
        raise rows.wrong_type(column, "numeric")
    value = f"CAST({quoted(column.name)} AS double)"
    [found] = dataset.row([_STATISTICS[rule.rule_type].format(value)], rule.where)
    return no_rows(name) if found is None else _single(rule, f"Column.{name}.{rule.rule_type}", found)


def column_length(rule: Rule, dataset: Dataset) -> Outcome:
    [name] = rule.parameters
    length = rows.length_value(dataset.column(name))
    total, shortest, longest, passed = dataset.row(
        ["count(*)", f"min({length})", f"max({length})", f"count_if({rows.length(rule, dataset)})"], rule.where
    )
    if not total:
        return no_rows(name)
    bounds = {"MinimumLength": float(shortest), "MaximumLength": float(longest)}
    return bounded(rule, f"Column.{name}", bounds, {f"Column.{name}.LengthCompliance": passed / total})


def bounded(rule: Rule, prefix: str, bounds: dict[str, float], compliance: dict[str, float]) -> Outcome:
    """A condition on the smallest and the largest value, or, where these do not tell, on the share of rows.

    `bounds` holds the smallest value first, both by their metrics' names.
    """
    (low, lowest), (high, highest) = bounds.items()
    relevant = {
        Operator.GREATER: {low: lowest},
        Operator.GREATER_OR_EQUAL: {low: lowest},
        Operator.LESS: {high: highest},
        Operator.LESS_OR_EQUAL: {high: highest},
        Operator.EQUAL: {low: lowest, high: highest},
        Operator.BETWEEN: {low: lowest, high: highest},
    }.get(rule.condition.operator)
    if relevant is None:
        [share] = compliance.values()
        return Outcome.of(share == 1.0, compliance, unmet(share))
    faults = [unmet(value) for value in dict.fromkeys(relevant.values()) if not is_met(rule.condition, value)]
    return Outcome.of(not faults, {f"{prefix}.{name}": value for name, value in relevant.items()}, "\n".join(faults))


def _single(rule: Rule, metric: str, value: float) -> Outcome:
    value = float(value)
    return Outcome.of(is_met(rule.condition, value), {metric: value}, unmet(value))


def _uniqueness_metric(rule: Rule) -> str:
    names = ",".join(rule.parameters)
    return f"{'Column' if len(rule.parameters) == 1 else 'Multicolumn'}.{names}.Uniqueness"


def _unique_share(rule: Rule, dataset: Dataset) -> float | None:
    columns = [quoted(dataset.column(name).name) for name in rule.parameters]
    present = " OR ".join(f"{column} IS NOT NULL" for column in columns)
    groups = (
        f"SELECT count(*) AS occurrences FROM {kept_rows(rule.where)} WHERE {present} GROUP BY {', '.join(columns)}"  # noqa: S608 - identifiers are quoted
    )
    sql = f"SELECT count_if(occurrences = 1), sum(occurrences) FROM ({groups}) AS groups"  # noqa: S608 - as above
    [(once, total)] = dataset.rows(parsed(sql))
    return once / total if total else None
