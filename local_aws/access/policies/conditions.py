"""Condition elements (IAM user guide, Condition operators; Single-valued and multivalued context keys)."""

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from local_aws.access.errors import PolicyNotEvaluatedError
from local_aws.access.policies.documents import Condition
from local_aws.access.policies.patterns import matches, matches_arn, plain, resolved

Values = Mapping[str, str | tuple[str, ...]]
Comparison = Callable[[str, str], bool]


def _number(text: str) -> Decimal:
    return Decimal(text)


def _time(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _compared(reading: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Comparison:
    """A value that cannot be read as its type equals nothing and is before and after nothing."""

    def holds(value: str, wanted: str) -> bool:
        try:
            return compare(reading(value), reading(plain(wanted)))
        except (ValueError, InvalidOperation, OverflowError):
            return False

    return holds


def _is_in_network(value: str, wanted: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(plain(wanted), strict=False)


def _same_bytes(value: str, wanted: str) -> bool:
    try:
        return base64.b64decode(value) == base64.b64decode(plain(wanted))
    except binascii.Error:
        return False


COMPARISONS: dict[str, Comparison] = {
    "StringEquals": lambda value, wanted: value == plain(wanted),
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == plain(wanted).lower(),
    "StringLike": lambda value, wanted: matches(wanted, value),
    "ArnEquals": lambda value, wanted: matches_arn(wanted, value),
    "ArnLike": lambda value, wanted: matches_arn(wanted, value),
    "Bool": lambda value, wanted: value.lower() == plain(wanted).lower(),
    "BinaryEquals": _same_bytes,
    "IpAddress": _is_in_network,
    "NumericEquals": _compared(_number, operator.eq),
    "NumericLessThan": _compared(_number, operator.lt),
    "NumericLessThanEquals": _compared(_number, operator.le),
    "NumericGreaterThan": _compared(_number, operator.gt),
    "NumericGreaterThanEquals": _compared(_number, operator.ge),
    "DateEquals": _compared(_time, operator.eq),
    "DateLessThan": _compared(_time, operator.lt),
    "DateLessThanEquals": _compared(_time, operator.le),
    "DateGreaterThan": _compared(_time, operator.gt),
    "DateGreaterThanEquals": _compared(_time, operator.ge),
}
# Of these every wanted value has to differ, and a key without a value differs from all.
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
IF_EXISTS = "IfExists"
FOR_ALL, FOR_ANY = "ForAllValues:", "ForAnyValue:"


def is_met(condition: Condition, values: Values) -> bool:
    """Whether the request's values meet the condition. Raises PolicyNotEvaluatedError of an unknown operator."""
    name = condition.operator
    given = values.get(condition.key)
    if name == "Null":
        return any((given is None) == (plain(wanted).lower() == "true") for wanted in condition.wanted)
    quantifier = next((one for one in (FOR_ALL, FOR_ANY) if name.startswith(one)), "")
    name = name.removeprefix(quantifier)
    if_exists, name = name.endswith(IF_EXISTS), name.removesuffix(IF_EXISTS)
    is_negated = name in NEGATED
    comparison = COMPARISONS.get(NEGATED.get(name, name))
    if comparison is None:
        raise PolicyNotEvaluatedError(f"The condition operator {condition.operator} of a policy")
    if given is None:
        return (
            quantifier == FOR_ALL or (not quantifier and (if_exists or is_negated)) or (bool(quantifier) and if_exists)
        )
    wanted = [text for text in (resolved(one, values) for one in condition.wanted) if text is not None]
    several = given if isinstance(given, tuple) else (given,)

    def holds(value: str) -> bool:
        return any(comparison(value, one) for one in wanted) != is_negated

    return (
        all(map(holds, several))
        if quantifier == FOR_ALL or (is_negated and not quantifier)
        else any(map(holds, several))
    )
