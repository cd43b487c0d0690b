"""Which type's values Trino takes as another's without being asked.

Source: Trino's TypeCoercion (io.trino.type): `coerceTypeBase` and `getCommonSuperType`.
"""

from local_aws.athena.analysis.types import DOUBLE, INTEGER_DIGITS, REAL, TIMESTAMP_TZ, Type, decimal

_ORDER = ["tinyint", "smallint", "integer", "bigint", "decimal", "real", "double"]
_TIMES = {"date": 0, "timestamp": 1, TIMESTAMP_TZ: 2}


def common_type(left: Type | None, right: Type | None) -> Type | None:
    """The type that values of both are taken as; None where there is none."""
    if left is None or right is None:
        return None
    if left == right:
        return left if left.zone == right.zone else left.with_zone(None)
    if left.name == "unknown":
        return right
    if right.name == "unknown":
        return left
    if left.is_number and right.is_number:
        return _common_number(left, right)
    if left.is_text and right.is_text:
        is_bounded = bool(left.arguments and right.arguments)
        name = "char" if is_bounded and "char" in {left.name, right.name} else "varchar"
        return Type(name, (max(left.arguments + right.arguments),) if is_bounded else ())
    if left.name in _TIMES and right.name in _TIMES:
        return _common_time(left, right)
    if left.name == right.name == "time":
        return max(left, right, key=lambda kind: kind.arguments)
    if left.name == right.name and left.name in {"array", "map", "row"}:
        return _common_container(left, right)
    return None


def _common_number(left: Type, right: Type) -> Type:
    low, high = sorted((left, right), key=lambda kind: _ORDER.index(kind.name))
    if high.name != "decimal":
        return high
    (left_digits, left_scale), (right_digits, right_scale) = decimal_size(low), decimal_size(high)
    scale = max(left_scale, right_scale)
    return decimal(max(left_digits - left_scale, right_digits - right_scale) + scale, scale)


def decimal_size(kind: Type) -> tuple[int, int]:
    """Precision and scale of a decimal, or of the decimal that an integer is taken as."""
    return kind.arguments if kind.name == "decimal" else (INTEGER_DIGITS[kind.name], 0)


def remainder_size(left: Type, right: Type) -> tuple[int, int]:
    """Precision and scale of what is left of one decimal when it is divided by another."""
    (digits, scale), (other_digits, other_scale) = decimal_size(left), decimal_size(right)
    result_scale = max(scale, other_scale)
    return min(digits - scale, other_digits - other_scale) + result_scale, result_scale


def _common_time(left: Type, right: Type) -> Type:
    low, high = sorted((left, right), key=lambda kind: (_TIMES[kind.name], kind.arguments))
    zone = high.zone if low.name != high.name or low.zone == high.zone else None
    return Type(high.name, max(low.arguments, high.arguments), zone)


def _common_container(left: Type, right: Type) -> Type | None:
    if len(left.arguments) != len(right.arguments):
        return None
    if left.name == "row":
        pairs = zip(left.arguments, right.arguments, strict=True)
        fields = [(one if one == other else None, common_type(a, b)) for (one, a), (other, b) in pairs]
        return None if any(kind is None for _, kind in fields) else Type("row", tuple(fields))
    parts = tuple(map(common_type, left.arguments, right.arguments))
    return None if None in parts else Type(left.name, parts)


def can_coerce(given: Type, wanted: Type) -> bool:
    if given == wanted or (given.is_text and wanted.name == "varchar" and not wanted.arguments):
        return True
    common = common_type(given, wanted)
    if common is None or common.name != wanted.name:
        return False
    if wanted.name == "row":
        return all(map(can_coerce, _field_types(given), _field_types(wanted))) if given.name == "row" else True
    return common == wanted or (wanted.name in _TIMES and common.arguments <= wanted.arguments)


def _field_types(kind: Type) -> list[Type]:
    return [part for _, part in kind.arguments]


def distance(given: Type, wanted: Type) -> int:
    """How far a coercion goes: a call takes the signature that is reached by the shortest way."""
    if given == wanted:
        return 0
    if given.name in _ORDER and wanted.name in _ORDER:
        # A bigint is taken as a double before a real, which keeps less of it.
        return 10 * (_ORDER.index(wanted.name) - _ORDER.index(given.name)) + (15 if wanted == REAL else 0)
    if given.name in _TIMES and wanted.name in _TIMES:
        return 10 * (_TIMES[wanted.name] - _TIMES[given.name])
    return 1 if given.name == wanted.name else 5 if wanted != DOUBLE else 6
