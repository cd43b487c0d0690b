"""What each rule type takes.

Source: AWS Glue developer guide, "DQDL rule type reference" (dqdl-rule-types.html) with a page per rule type, and
configuration/rules/rules-config.json of https://github.com/awslabs/dqdl.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from local_aws.glue.data_quality.dqdl.model import Condition, DateFromNow, DynamicNumber, Keyword, Operand, Operator

NUMBER = "number"
STRING = "string"
DATE = "date"
DURATION = "duration"

_OPERAND_KINDS: dict[str, tuple[type, ...]] = {
    NUMBER: (float, DynamicNumber),
    STRING: (str,),
    DATE: (date, DateFromNow),
    DURATION: (timedelta,),
}
_KEYWORDS = {
    NUMBER: {Keyword.NULL},
    DATE: {Keyword.NULL},
    STRING: set(Keyword),
    DURATION: set[Keyword](),
}
_STRING_OPERATORS = {
    Operator.EQUAL,
    Operator.NOT_EQUAL,
    Operator.IN,
    Operator.NOT_IN,
    Operator.MATCHES,
    Operator.NOT_MATCHES,
}
_NUMBER_OPERATORS = set(Operator) - {Operator.MATCHES, Operator.NOT_MATCHES}
_KEYWORD_OPERATORS = {Operator.EQUAL, Operator.NOT_EQUAL, Operator.IN, Operator.NOT_IN}


@dataclass(frozen=True)
class RuleType:
    """`conditions` are the kinds of expression that it takes; with `is_boolean` it may have none."""

    min_parameters: int = 1
    max_parameters: int | None = 1
    conditions: tuple[str, ...] = ()
    is_boolean: bool = False
    takes_where: bool = True
    takes_threshold: bool = False


RULE_TYPES = {
    "AggregateMatch": RuleType(2, 2, (NUMBER,), takes_where=False),
    "ColumnCount": RuleType(0, 0, (NUMBER,), takes_where=False),
    "ColumnDataType": RuleType(conditions=(STRING,), takes_threshold=True),
    "ColumnExists": RuleType(is_boolean=True, takes_where=False),
    "ColumnLength": RuleType(conditions=(NUMBER,)),
    "ColumnValues": RuleType(conditions=(NUMBER, STRING, DATE), takes_threshold=True),
    "Completeness": RuleType(conditions=(NUMBER,)),
    "CustomSql": RuleType(conditions=(NUMBER,), is_boolean=True, takes_where=False, takes_threshold=True),
    "DataFreshness": RuleType(conditions=(DURATION,)),
    "DatasetMatch": RuleType(2, 3, (NUMBER,), takes_where=False),
    "IsComplete": RuleType(is_boolean=True),
    "IsPrimaryKey": RuleType(1, None, is_boolean=True),
    "IsUnique": RuleType(1, None, is_boolean=True),
    "Mean": RuleType(conditions=(NUMBER,)),
    "ReferentialIntegrity": RuleType(2, 2, (NUMBER,), takes_where=False),
    "RowCount": RuleType(0, 0, (NUMBER,)),
    "StandardDeviation": RuleType(conditions=(NUMBER,)),
    "Sum": RuleType(conditions=(NUMBER,)),
    "Uniqueness": RuleType(1, None, (NUMBER,)),
}
# Rule types of AWS's that are not evaluated here: a ruleset may hold them, and a run of it fails.
UNSUPPORTED_RULE_TYPES = frozenset(
    {
        "ColumnCorrelation",
        "ColumnNamesMatchPattern",
        "DetectAnomalies",
        "DistinctValuesCount",
        "Distribution",
        "Entropy",
        "FileFreshness",
        "FileMatch",
        "FileSize",
        "FileUniqueness",
        "RowCountMatch",
        "SchemaMatch",
        "UniqueValueRatio",
    }
)


def kind_of(condition: Condition) -> str | None:
    """The kind of expression that the operands make it; None for operands or an operator that make none.

    What has no operand but NULL is a number's, because that is the first alternative of AWS's grammar.
    """
    has_keyword = any(isinstance(operand, Keyword) for operand in condition.operands)
    if has_keyword and condition.operator not in _KEYWORD_OPERATORS:
        return None
    for kind, operands in _OPERAND_KINDS.items():
        operators = _STRING_OPERATORS if kind == STRING else _NUMBER_OPERATORS
        if condition.operator in operators and all(_is_of(operand, kind, operands) for operand in condition.operands):
            return kind
    return None


def _is_of(operand: Operand, kind: str, types: tuple[type, ...]) -> bool:
    if isinstance(operand, Keyword):
        return operand in _KEYWORDS[kind]
    return isinstance(operand, types)
