"""Equality of rows, arrays and maps: it is unknown where no part differs, but one is NULL on a side.

Source: the equal operators of Trino's RowType, ArrayType and MapType.
"""

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
