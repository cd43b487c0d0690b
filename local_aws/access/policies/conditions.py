"""Condition elements (IAM user guide, Condition operators; Single-valued and multivalued context keys)."""

import base64
import ipaddress
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from local_aws.access.errors import PolicyNotEvaluatedError
from local_aws.access.policies.documents import Condition
from local_aws.access.policies.patterns import Values, matches, matches_arn, plain, resolved

Comparison = Callable[[str, str], bool]
UNREADABLE = (ValueError, InvalidOperation, OverflowError, OSError)


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _time(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _compared(
    reading: Callable[[str], Any],
    compare: Callable[[Any, Any], bool],
    wanted_reading: Callable[[str], Any] | None = None,
) -> Comparison:
    """A request's value that cannot be read as its type equals nothing, and is before, after and within nothing."""

    def holds(value: str, wanted: str) -> bool:
        try:
            limit = (wanted_reading or reading)(plain(wanted))
        except UNREADABLE as error:
            raise PolicyNotEvaluatedError(f"The value {plain(wanted)} of a policy's condition") from error
        try:
            given = reading(value)
        except UNREADABLE:
            return False
        return compare(given, limit)

    return holds


def _contains(member: Any, group: Any) -> bool:
    return member in group


COMPARISONS: dict[str, Comparison] = {
    "StringEquals": lambda value, wanted: value == plain(wanted),
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == plain(wanted).lower(),
    "StringLike": lambda value, wanted: matches(wanted, value),
    "ArnEquals": lambda value, wanted: matches_arn(wanted, value),
    "ArnLike": lambda value, wanted: matches_arn(wanted, value),
    "Bool": lambda value, wanted: value.lower() == plain(wanted).lower(),
    "BinaryEquals": _compared(base64.b64decode, operator.eq),
    "IpAddress": _compared(ipaddress.ip_address, _contains, _network),
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
        return quantifier == FOR_ALL or if_exists or (is_negated and not quantifier)
    wanted = [text for text in (resolved(one, values) for one in condition.wanted) if text is not None]
    several = given if isinstance(given, tuple) else (given,)

    def holds(value: str) -> bool:
        return any(comparison(value, one) for one in wanted) != is_negated

    return (
        all(map(holds, several))
        if quantifier == FOR_ALL or (is_negated and not quantifier)
        else any(map(holds, several))
    )
