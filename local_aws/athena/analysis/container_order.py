"""Order of rows and arrays: the first part that differs decides, and a NULL in it, or before it, is an error.

Source: the comparison operators of Trino's RowType and ArrayType. Trino takes such a NULL as unknown since its pull
request 30013 of June 2026, which is later than Athena's engine version 3.
"""

from local_aws.athena.analysis.types import Type

# What a comparison is besides -1, 0 and 1: undecided by a NULL in a row or in an array, as `trino_order` takes it.
_UNDECIDED = {"row": 2, "array": 3}


def order_sql(one: str, sign: str, other: str, kind: Type) -> str:
    """Whether a value is less, or whatever the sign says, than another; both are rows or arrays of one type."""
    order = _compared(one, other, kind, 0)
    return f"(CASE WHEN {one} IS NULL OR {other} IS NULL THEN NULL ELSE trino_order({order}) {sign} 0 END)"


def between_sql(one: str, low: str, high: str, kind: Type) -> str:
    """As the two comparisons, of which the second is not made where the first is false."""
    above = order_sql(one, ">=", low, kind)
    return f"(CASE WHEN {above} IS FALSE THEN false ELSE {above} AND {order_sql(one, '<=', high, kind)} END)"


def _compared(one: str, other: str, kind: Type, depth: int) -> str:
    """SQL of a whole number: less than, equal to or greater than 0, or what is undecided."""
    if kind.name == "row":
        order = "0"
        for place, (_, part) in reversed(list(enumerate(kind.arguments, 1))):
            sides = [f"struct_extract_at({side}, {place})" for side in (one, other)]
            order = _decided(*sides, part, depth, _UNDECIDED["row"], order)
        return order
    if kind.name == "array":
        part = f"part{depth}"
        sides = [f"struct_extract_at({part}, {place})" for place in (1, 2)]
        order = _decided(*sides, kind.element, depth + 1, _UNDECIDED["array"], "0")
        pairs = f"list_zip({one}[:least(len({one}), len({other}))], {other}[:least(len({one}), len({other}))])"
        orders = f"list_transform({pairs}, lambda {part}: {order})"
        return f"trino_first_order({orders}, len({one}), len({other}))"
    return f"CASE WHEN {one} < {other} THEN -1 WHEN {one} > {other} THEN 1 ELSE 0 END"


def _decided(one: str, other: str, kind: Type, depth: int, undecided: int, rest: str) -> str:
    """The order of a part of two values where they differ in it, else that of the rest."""
    compared = _compared(one, other, kind, depth)
    unknown = f"{one} IS NULL OR {other} IS NULL"
    return f"CASE WHEN {unknown} THEN {undecided} WHEN {compared} <> 0 THEN {compared} ELSE {rest} END"
