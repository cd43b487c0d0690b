"""Evaluates the rules of a ruleset, one after the other."""

import re
from collections.abc import Callable

from local_aws.athena.sql.errors import QueryError
from local_aws.glue.data_quality.dqdl.model import Composite, DynamicNumber, Rule, Ruleset, rules_of
from local_aws.glue.data_quality.dqdl.rule_types import UNSUPPORTED_RULE_TYPES
from local_aws.glue.data_quality.evaluation import columns, custom_sql, references, values
from local_aws.glue.data_quality.evaluation.dataset import Dataset
from local_aws.glue.data_quality.evaluation.errors import RuleError, UnfitColumnError
from local_aws.glue.data_quality.evaluation.outcome import ERROR, FAIL, PASS, Outcome
from local_aws.glue.data_quality.evaluation.rows import asked_of_rows

# Of our own SQL, which no user sees.
_POSITION = re.compile(r"line \d+:\d+: ")
_EVALUATORS: dict[str, Callable[[Rule, Dataset], Outcome]] = {
    "AggregateMatch": references.aggregate_match,
    "ColumnCount": columns.column_count,
    "ColumnDataType": values.column_data_type,
    "ColumnExists": columns.column_exists,
    "ColumnLength": columns.column_length,
    "ColumnValues": values.column_values,
    "Completeness": columns.completeness,
    "CustomSql": custom_sql.custom_sql,
    "DataFreshness": values.data_freshness,
    "DatasetMatch": references.dataset_match,
    "IsComplete": columns.completeness,
    "IsPrimaryKey": columns.primary_key,
    "IsUnique": columns.uniqueness,
    "Mean": columns.statistic,
    "ReferentialIntegrity": references.referential_integrity,
    "RowCount": columns.row_count,
    "StandardDeviation": columns.statistic,
    "Sum": columns.statistic,
    "Uniqueness": columns.uniqueness,
}


def unsupported_part(ruleset: Ruleset) -> str | None:
    """A sentence about what of the ruleset cannot be evaluated here; None if all can.

    Neither does AWS evaluate analyzers and dynamic rules on a table of the Data Catalog (dqdl.html).
    """
    if ruleset.has_analyzers:
        return "Analyzers are not supported in evaluation runs of the Data Catalog."
    for rule in (leaf for entry in ruleset.rules for leaf in rules_of(entry)):
        if rule.rule_type in UNSUPPORTED_RULE_TYPES:
            return f"The local Glue does not evaluate the rule type {rule.rule_type}: {rule.text}"
        conditions = [condition for condition in (rule.condition, rule.threshold) if condition is not None]
        dynamic = [part for condition in conditions for part in condition.operands if isinstance(part, DynamicNumber)]
        if dynamic:
            return (
                f"Dynamic rules are not supported in evaluation runs of the Data Catalog: {dynamic[0].function}() in "
                f"{rule.text}"
            )
    return None


def evaluate(rule: Rule | Composite, dataset: Dataset, *, is_by_row: bool = False) -> Outcome:
    """Composites are evaluated rule by rule over all rows and then joined, or, `is_by_row`, joined in every row.

    These are the methods COLUMN and ROW (dqdl.html#dqdl-syntax-composite-rules).
    """
    if isinstance(rule, Rule):
        return _guarded(rule, lambda: _EVALUATORS[rule.rule_type](rule, dataset))
    if is_by_row:
        return _guarded(rule, lambda: _joined_in_rows(rule, dataset))
    outcomes = [evaluate(member, dataset) for member in rule.members]
    metrics = {name: value for outcome in outcomes for name, value in outcome.metrics.items()}
    passed = [outcome.result == PASS for outcome in outcomes]
    if all(passed) if rule.is_conjunction else any(passed):
        return Outcome(PASS, None, metrics)
    result = ERROR if any(outcome.result == ERROR for outcome in outcomes) else FAIL
    return Outcome(result, "\n".join(outcome.message for outcome in outcomes if outcome.message), metrics)


def _joined_in_rows(composite: Composite, dataset: Dataset) -> Outcome:
    total, passed = dataset.row(["count(*)", f"count_if({asked_of_rows(composite, dataset)})"])
    if passed == total:
        return Outcome(PASS)
    return Outcome(FAIL, f"{passed / total * 100:.2f} % of rows passed the composite rule")


def _guarded(rule: Rule | Composite, find: Callable[[], Outcome]) -> Outcome:
    try:
        return find()
    except UnfitColumnError as error:
        return Outcome(FAIL, str(error))
    except (RuleError, QueryError) as error:
        message = _POSITION.sub("", str(error))
        if any(leaf.where is not None for leaf in rules_of(rule)):
            message = f"Rule {rule.text} could not be evaluated, or has provided an invalid where clause: {message}"
        return Outcome(ERROR, message)
