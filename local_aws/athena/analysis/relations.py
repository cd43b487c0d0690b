"""FROM: tables, subqueries, VALUES, UNNEST and joins, as DuckDB's SQL with the columns that each gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena.analysis.casts import coerced
from local_aws.athena.analysis.coercion import common_type
from local_aws.athena.analysis.errors import failure, source
from local_aws.athena.analysis.expressions import Expressions
from local_aws.athena.analysis.scope import Columns, Field, FromItem, Scope
from local_aws.athena.analysis.types import BIGINT
from local_aws.athena.sql.quoting import quoted

if TYPE_CHECKING:
    from local_aws.athena.analysis.queries import Translation

_TABLE_PARTS = {"this", "alias", "db", "catalog", "joins", "sample"}
# The words of other dialects' clauses, by sqlglot's names of what they give.
_KEYWORDS = {
    "except_": ("EXCLUDE", "EXCEPT"),
    "pivots": ("UNPIVOT", "PIVOT"),
    "laterals": ("LATERAL",),
    "locks": ("FOR",),
    "hints": ("WITH",),
    "kind": ("AS",),
    "by_name": ("BY",),
    "rollup": ("WITH",),
    "cube": ("WITH",),
    "totals": ("WITH",),
    "limit_options": ("PERCENT",),
    "expressions": ("BY",),
}
_JOIN_PARTS = {"this", "side", "kind", "on", "using", "method"}


def from_clause(query: Translation, select: exp.Select, scope: Scope) -> str:
    """The FROM with its joins; the scope gets their columns."""
    start = select.args.get("from_")
    if start is None:
        if select.args.get("joins"):
            raise failure("SYNTAX_ERROR", select, "mismatched input 'JOIN'")
        return ""
    found = joined(query, start.this, scope, select.args.get("joins") or [])
    scope.fields = found.fields
    return f" FROM {found.sql}"


def joined(query: Translation, node: exp.Expression, scope: Scope, joins: list[exp.Join]) -> FromItem:
    """A table with what is joined to it."""
    found = relation(query, node, scope)
    for join in [*(node.args.get("joins") or []), *joins]:
        found = _join(query, found, join, scope)
    return found


def relation(query: Translation, node: exp.Expression, scope: Scope) -> FromItem:
    translate = _RELATIONS.get(type(node))
    if translate is None:
        raise failure("SYNTAX_ERROR", node, f"mismatched input '{node.name}'. Expecting: a table or a query")
    return translate(query, node, scope)


def check_parts(node: exp.Expression, known: set[str]) -> None:
    """Raises QueryError for a clause that Athena does not have."""
    for part, value in node.args.items():
        if value and part not in known:
            raise failure("SYNTAX_ERROR", node, f"mismatched input '{_keyword(node, part)}'")


def _keyword(node: exp.Expression, part: str) -> str:
    """The word of the query that the part begins with: the first of those that it may be which the query has."""
    words = _KEYWORDS.get(part, (part.strip("_").upper(),))
    text = source(node)
    return next((word for word in words if re.search(rf"\b{word}\b", text, re.IGNORECASE)), words[0])


def _named(node: exp.Expression, columns: Columns, sql: str, query: Translation, default: str | None) -> FromItem:
    """The columns under the alias, and the aliases of columns, that the node gives them."""
    alias = node.args.get("alias")
    own = query.new_name()
    name = alias.name if alias is not None and alias.name else default
    renamed = [column.name for column in alias.columns] if alias is not None else []
    if renamed and len(renamed) != len(columns.columns):
        raise failure(
            "MISMATCHED_COLUMN_ALIASES",
            node,
            f"Column alias list has {len(renamed)} entries but '{name}' has {len(columns.columns)} columns available",
        )
    fields = []
    for place, (column, label, kind) in enumerate(columns.columns):
        shown = renamed[place] if renamed else label
        known = shown.lower() if renamed else column
        fields.append(Field(name.lower() if name else None, known, kind, f"{own}.c{place}", shown))
    sample = f" {_sample(node)}" if node.args.get("sample") else ""
    return FromItem(f"{sql} AS {own}{sample}", fields)


def _table(query: Translation, node: exp.Table, scope: Scope) -> FromItem:
    check_parts(node, _TABLE_PARTS)
    if not isinstance(node.this, exp.Identifier):
        name = "" if node.this is None else node.this.name.lower()
        raise failure("FUNCTION_NOT_FOUND", node, f"Table function '{name}' not registered")
    columns = scope.table(node.name.lower()) if not node.db else None
    if columns is not None:
        return _named(node, columns, quoted(node.name.lower()), query, node.name)
    source = query.sources.get(node.name)
    if source is None:
        raise failure("TABLE_NOT_FOUND", node, f"Table '{node.name}' does not exist")
    alias, own = node.alias_or_name.lower(), query.new_name()
    renamed = node.args["alias"].columns if node.args.get("alias") else []
    visible = [column for column in source if not column[2]]
    if renamed and len(renamed) != len(visible):
        raise failure(
            "MISMATCHED_COLUMN_ALIASES",
            node,
            f"Column alias list has {len(renamed)} entries but '{alias}' has {len(visible)} columns available",
        )
    names = [column.name for column in renamed] or [name for name, *_ in visible]
    names += [name for name, _, is_hidden in source if is_hidden]
    fields = [
        Field(alias, shown.lower(), kind, f"{own}.{quoted(name)}", shown, is_hidden)
        for shown, (name, kind, is_hidden) in zip(names, source, strict=True)
    ]
    sample = f" {_sample(node)}" if node.args.get("sample") else ""
    return FromItem(f"{quoted(node.name)} AS {own}{sample}", fields)


def _sample(node: exp.Expression) -> str:
    sample = node.args["sample"]
    percent = sample.args.get("percent") or sample.args.get("size")
    method = str(sample.args.get("method") or "").upper()
    if method not in {"BERNOULLI", "SYSTEM"} or not isinstance(percent, exp.Literal):
        raise failure("SYNTAX_ERROR", node, "mismatched input. Expecting: TABLESAMPLE BERNOULLI or SYSTEM (percentage)")
    return f"TABLESAMPLE {method} ({percent.name}%)"


def _subquery(query: Translation, node: exp.Subquery, scope: Scope) -> FromItem:
    if isinstance(node.this, exp.Table | exp.Subquery) and not isinstance(node.this, exp.Query):
        return joined(query, node.this, scope, node.args.get("joins") or [])
    translated = query.query(node, Scope(parent=scope.parent, tables=scope.tables))
    return _named(node, translated.columns, f"({translated.sql})", query, None)


def _lateral(query: Translation, node: exp.Lateral, scope: Scope) -> FromItem:
    check_parts(node, {"this", "alias"})
    if not isinstance(node.this, exp.Subquery):
        raise failure("SYNTAX_ERROR", node, "mismatched input. Expecting: LATERAL (query)")
    translated = query.query(node.this, Scope(parent=scope))
    return _named(node, translated.columns, f"LATERAL ({translated.sql})", query, None)


def _values(query: Translation, node: exp.Values, scope: Scope) -> FromItem:
    translated = query.query(node, Scope(parent=scope.parent, tables=scope.tables))
    return _named(node, translated.columns, f"({translated.sql})", query, None)


def _unnest(query: Translation, node: exp.Unnest, scope: Scope) -> FromItem:
    """Arrays and maps side by side, the shorter ones filled up with NULL."""
    on = Expressions(scope, query, "UNNEST")
    unnested, columns, sizes = [], [], []
    for value in on.values(node.expressions):
        if value.type.name not in {"array", "map"}:
            raise failure("INVALID_FUNCTION_ARGUMENT", node, f"Cannot unnest type: {value.type}")
        if value.type.name == "map":
            unnested += [(f"map_keys({value.sql})", [None]), (f"map_values({value.sql})", [None])]
            columns += [(None, kind) for kind in value.type.arguments]
            sizes.append(f"cardinality({value.sql})")
        elif value.type.element.name == "row":
            element = value.type.element
            unnested.append((value.sql, list(range(1, len(element.arguments) + 1))))
            columns += [(name, kind) for name, kind in element.arguments]
            sizes.append(f"len({value.sql})")
        else:
            unnested.append((value.sql, [None]))
            columns.append((None, value.type.element))
            sizes.append(f"len({value.sql})")
    offset = node.args.get("offset")
    if offset:
        longest = ", ".join(f"coalesce(CAST({size} AS BIGINT), 0)" for size in sizes)
        unnested.append((f"range(1, greatest({longest}, 0) + 1)", [None]))
        columns.append((None, BIGINT))
    inner = ", ".join(f"unnest({sql}) AS u{place}" for place, (sql, _) in enumerate(unnested))
    outer = [
        f"u{place}" if part is None else f"struct_extract_at(u{place}, {part})"
        for place, (_, parts) in enumerate(unnested)
        for part in parts
    ]
    selected = ", ".join(f"{sql} AS c{place}" for place, sql in enumerate(outer))
    sql = f"LATERAL (SELECT {selected} FROM (SELECT {inner}))"  # noqa: S608 - translated
    # The name of the ordinality stands last of the aliases, where sqlglot keeps it apart.
    if isinstance(offset, exp.Identifier) and node.args.get("alias") is not None:
        node.args["alias"].append("columns", offset.copy())
    known = tuple((name.lower() if name else None, name, kind) for name, kind in columns)
    return _named(node, Columns(known), sql, query, None)


def _join(query: Translation, left: FromItem, join: exp.Join, scope: Scope) -> FromItem:
    check_parts(join, _JOIN_PARTS)
    kind, side = (join.args.get("kind") or "").upper(), (join.args.get("side") or "").upper()
    method = (join.args.get("method") or "").upper()
    if method == "NATURAL":
        raise failure("NOT_SUPPORTED", join, "Natural join not supported")
    if method or kind not in {"", "INNER", "CROSS", "OUTER"} or side not in {"", "LEFT", "RIGHT", "FULL"}:
        raise failure("SYNTAX_ERROR", join, f"mismatched input '{method or kind or side}'")
    inner = Scope(left.fields, scope.parent, scope.tables)
    if isinstance(join.this, exp.Unnest | exp.Lateral):
        right = relation(query, join.this, inner)
    else:
        right = joined(query, join.this, Scope([], scope.parent, scope.tables), [])
    using, on = join.args.get("using"), join.args.get("on")
    if using:
        return _using(left, right, join, side or kind or "INNER")
    fields = left.fields + right.fields
    if on is None:
        if side or kind in {"INNER", "OUTER"}:
            raise failure("SYNTAX_ERROR", join, "mismatched input. Expecting: 'ON', 'USING'")
        return FromItem(f"{left.sql} CROSS JOIN {right.sql}", fields)
    condition = Expressions(Scope(fields, scope.parent, scope.tables), query, "JOIN clause")
    sql = condition.condition(on, "JOIN ON clause").sql
    return FromItem(f"{left.sql} {side or 'INNER'} JOIN {right.sql} ON {sql}", fields)


def _using(left: FromItem, right: FromItem, join: exp.Join, side: str) -> FromItem:
    conditions, merged, used = [], [], set()
    for column in join.args["using"]:
        name = column.name.lower()
        pair = [next((field for field in part.fields if field.name == name), None) for part in (left, right)]
        for field, which in zip(pair, ("left", "right"), strict=True):
            if field is None:
                raise failure("COLUMN_NOT_FOUND", column, f"Column '{name}' is missing from {which} side of join")
        common = common_type(pair[0].type, pair[1].type)
        if common is None:
            raise failure("TYPE_MISMATCH", column, f"Cannot apply operator: {pair[0].type} = {pair[1].type}")
        one, other = (coerced(field.sql, field.type, common) for field in pair)
        conditions.append(f"{one} = {other}")
        sql = {"RIGHT": other, "FULL": f"coalesce({one}, {other})"}.get(side, one)
        merged.append(Field(None, name, common, sql, pair[0].label))
        used |= {id(pair[0]), id(pair[1])}
    rest = [field for field in left.fields + right.fields if id(field) not in used]
    kind = side if side in {"LEFT", "RIGHT", "FULL"} else "INNER"
    return FromItem(f"{left.sql} {kind} JOIN {right.sql} ON {' AND '.join(conditions)}", merged + rest)


_RELATIONS: dict[type[exp.Expression], Callable[..., FromItem]] = {
    exp.Table: _table,
    exp.Subquery: _subquery,
    exp.Lateral: _lateral,
    exp.Values: _values,
    exp.Unnest: _unnest,
}
