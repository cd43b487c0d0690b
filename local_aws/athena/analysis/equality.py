"""Equality of rows, arrays and maps: it is unknown where no part differs, but one is NULL on a side.

Source: the equal operators of Trino's RowType, ArrayType and MapType.
"""

from collections.abc import Sequence

from local_aws.athena.analysis.types import Type


def equal_sql(one: str, other: str, kind: Type, depth: int = 0) -> str:
    """Whether two values of one type are equal; DuckDB by itself takes a NULL in a value as equal to another."""
    if kind.name == "row":
        fields = [
            equal_sql(f"struct_extract_at({one}, {place})", f"struct_extract_at({other}, {place})", part, depth)
            for place, (_, part) in enumerate(kind.arguments, 1)
        ]
        return f"({' AND '.join(fields)})"
    part = f"part{depth}"
    if kind.name == "array":
        sides = (f"struct_extract_at({part}, {place})" for place in (1, 2))
        pairs = f"list_zip({one}, {other})"
        matches = f"list_transform({pairs}, lambda {part}: {equal_sql(*sides, kind.element, depth + 1)})"
        return f"trino_equal_parts(len({one}), len({other}), {matches})"
    if kind.name == "map":
        found = f"list_extract(map_extract({other}, {part}.key), 1)"
        is_equal = equal_sql(f"{part}.value", found, kind.arguments[1], depth + 1)
        match = f"CASE WHEN map_contains({other}, {part}.key) THEN {is_equal} ELSE false END"
        matches = f"list_transform(map_entries({one}), lambda {part}: {match})"
        return f"trino_equal_parts(cardinality({one}), cardinality({other}), {matches})"
    return f"({one} = {other})"


def membership_sql(one: str, others: Sequence[str], kind: Type) -> str:
    """Whether a value is equal to one of the others; all are rows, arrays or maps of one type.

    DuckDB looks a value up where it and what it may be equal to have no NULL in them, which is what equals itself.
    Only the others are compared one by one; and all maps are, whose order DuckDB minds.
    """
    items = f"[{', '.join(others)}]"
    if any(part.name == "map" for part in kind.parts):
        return _any_equal(one, items, kind)
    is_definite = f"coalesce({equal_sql(one, one, kind)}, false)"
    indefinite = f"list_filter({items}, lambda item: {equal_sql('item', 'item', kind)} IS NULL)"
    compared = f"CASE WHEN {is_definite} THEN {indefinite} ELSE {items} END"
    return f"(({is_definite} AND {one} IN ({', '.join(others)})) OR {_any_equal(one, compared, kind)})"


def _any_equal(one: str, items: str, kind: Type) -> str:
    sides = (f"struct_extract_at(pair, {place})" for place in (1, 2))
    matches = f"list_transform(trino_pairs({one}, {items}), lambda pair: {equal_sql(*sides, kind)})"
    return f"list_reduce({matches}, lambda found, match: found OR match, false)"
