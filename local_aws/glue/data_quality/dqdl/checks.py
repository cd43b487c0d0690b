"""Whether a rule is one that AWS takes: its type, parameters and expressions."""

from local_aws.glue.data_quality.dqdl.model import Keyword, Rule
from local_aws.glue.data_quality.dqdl.rule_types import NUMBER, RULE_TYPES, UNSUPPORTED_RULE_TYPES, RuleType, kind_of


class RulesetError(Exception):
    """A document that is no ruleset."""


def check_rule(rule: Rule) -> None:
    """Raises RulesetError; of rule types that are not evaluated here only the name is looked at."""
    if rule.rule_type in UNSUPPORTED_RULE_TYPES:
        return
    rule_type = RULE_TYPES.get(rule.rule_type)
    if rule_type is None:
        raise RulesetError(f"Rule Type: {rule.rule_type} is not valid")
    _check_parameters(rule, rule_type)
    _check_condition(rule, rule_type)
    if rule.where is not None and not rule_type.takes_where:
        raise RulesetError(f"A where clause is not supported for rule type: {rule.rule_type}")
    if rule.threshold is not None:
        _check_threshold(rule, rule_type)


def _check_parameters(rule: Rule, rule_type: RuleType) -> None:
    count, most = len(rule.parameters), rule_type.max_parameters
    if count < rule_type.min_parameters or (most is not None and count > most):
        raise RulesetError(f"Rule type {rule.rule_type} does not take {count} parameters: {rule.text}")


def _check_condition(rule: Rule, rule_type: RuleType) -> None:
    if rule.condition is None:
        if not rule_type.is_boolean:
            kinds = " or ".join(rule_type.conditions)
            raise RulesetError(f"No condition provided for rule of type {rule.rule_type} with {kinds} return type")
        return
    if not rule_type.conditions:
        raise RulesetError(f"Unexpected condition for rule of type {rule.rule_type} with boolean return type")
    has_keyword = any(isinstance(operand, Keyword) for operand in rule.condition.operands)
    if kind_of(rule.condition) not in rule_type.conditions or (has_keyword and rule.rule_type != "ColumnValues"):
        kinds = " or ".join(rule_type.conditions)
        raise RulesetError(
            f"Unexpected condition for rule of type {rule.rule_type} with {kinds} return type: {rule.text}"
        )


def _check_threshold(rule: Rule, rule_type: RuleType) -> None:
    if not rule_type.takes_threshold or (rule.rule_type == "CustomSql" and rule.condition is not None):
        raise RulesetError(f"Threshold condition not supported for rule type: {rule.rule_type}")
    if kind_of(rule.threshold) != NUMBER:
        raise RulesetError(f"Unable to parse threshold condition provided for rule type: {rule.rule_type}")
