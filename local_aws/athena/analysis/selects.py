"""SELECT: its columns, GROUP BY, HAVING, windows and ORDER BY."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena.analysis.errors import failure
from local_aws.athena.analysis.expressions import Expressions
from local_aws.athena.analysis.limits import QUERY_PARTS, limit_sql
from local_aws.athena.analysis.ordering import direction, key_sql, position
from local_aws.athena.analysis.relations import check_parts, from_clause
from local_aws.athena.analysis.scope import Columns, Scope
from local_aws.athena.analysis.values import Value
from local_aws.athena.analysis.windows import named_windows

if TYPE_CHECKING:
    from local_aws.athena.analysis.queries import Translation

_GROUPINGS = {exp.GroupingSets: "GROUPING SETS", exp.Cube: "CUBE", exp.Rollup: "ROLLUP"}
_SELECT_PARTS = {
    "expressions",
    "from_",
    "joins",
    "where",
    "group",
    "having",
    "windows",
    "distinct",
    "operation_modifiers",
}


def select(query: Translation, node: exp.Select, scope: Scope) -> tuple[str, Columns]:
    """DuckDB's SQL of a SELECT, and its columns."""
    check_parts(node, _SELECT_PARTS | QUERY_PARTS)
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise failure("SYNTAX_ERROR", node, "mismatched input 'ON'. Expecting: an expression")
    source = from_clause(query, node, scope)
    where = node.args.get("where")
    if where is not None:
        condition = Expressions(scope, query, "WHERE clause").condition(where.this, "WHERE clause")
        source += f" WHERE {condition.sql}"
    group, keys = _group(query, node, scope)
    on = Expressions(scope, query, keys=keys)
    named_windows(on, node.args.get("windows") or [])
    items = _items(node, on)
    having = node.args.get("having")
    condition = on.condition(having.this, "HAVING clause") if having is not None else None
    if condition is not None:
        group += f" HAVING {condition.sql}"
    end, ordered = _order(query, node, on, scope, items)
    if on.aggregated or node.args.get("group") is not None or having is not None:
        _check_grouped([*(value for _, _, value in items), *ordered, *([condition] if condition else [])])
    selected = ", ".join(f"{value.sql} AS c{place}" for place, (_, _, value) in enumerate(items))
    word = "SELECT DISTINCT" if distinct is not None else "SELECT"
    columns = tuple((name, label, value.type) for name, label, value in items)
    return f"{word} {selected}{source}{group}{end}{limit_sql(node)}", Columns(columns)


def _items(node: exp.Select, on: Expressions) -> list[tuple[str | None, str | None, Value]]:
    """Name, label and value of each column."""
    items = []
    for item in node.expressions:
        is_column_star = isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
        if isinstance(item, exp.Star) or is_column_star:
            starred = _starred(item.this if is_column_star else item, item.table if is_column_star else "", on.scope)
            items += [(name, label, on.grouped(value)) for name, label, value in starred]
            continue
        inner = item.this if isinstance(item, exp.Alias) else item
        label = item.alias if isinstance(item, exp.Alias) else _own_name(inner)
        items.append((label.lower() if label else None, label, on.value(inner)))
    if not items:
        raise failure("SYNTAX_ERROR", node, "mismatched input '<EOF>'. Expecting: an expression")
    return items


def _group(query: Translation, node: exp.Select, scope: Scope) -> tuple[str, set[str]]:
    """GROUP BY, and the SQL of what it groups by."""
    group = node.args.get("group")
    if group is None:
        return "", set()
    check_parts(group, {"expressions"})
    on, keys = Expressions(scope, query, "GROUP BY clause"), set()

    def key(item: exp.Expression) -> str:
        value = on.value(item)
        if any(part.name == "json" for part in value.type.parts):
            raise failure(
                "TYPE_MISMATCH", item, f"{value.type} is not comparable, and therefore cannot be used in GROUP BY"
            )
        keys.add(value.sql)
        return key_sql(value.sql, value.type)

    def part(item: exp.Expression) -> str:
        if type(item) in _GROUPINGS:
            sets = (", ".join(key(_column(one)) for one in _parts(each)) for each in item.expressions)
            return f"{_GROUPINGS[type(item)]} ({', '.join(f'({columns})' for columns in sets)})"
        return ", ".join(key(_placed(one, node.expressions)) for one in _parts(item)) or "()"

    return f" GROUP BY {', '.join(map(part, group.expressions))}", keys


def _parts(item: exp.Expression | None) -> list[exp.Expression]:
    """What stands in the parentheses of an item of GROUP BY, or the item."""
    if item is None:
        return []
    return item.expressions if isinstance(item, exp.Tuple) else [item.unnest()]


def _placed(item: exp.Expression, columns: list[exp.Expression]) -> exp.Expression:
    """The expression of the column whose place it is, or the item itself."""
    place = position(item, len(columns), "GROUP BY")
    if place is None:
        return item
    column = columns[place]
    return column.this if isinstance(column, exp.Alias) else column


def _column(item: exp.Expression) -> exp.Expression:
    """Trino's documentation of SELECT, "Complex grouping operations", has columns' names only."""
    if not isinstance(item, exp.Column):
        said = f"GROUP BY expression must be a column reference: {item.sql('trino')}"
        raise failure("INVALID_COLUMN_REFERENCE", item, said)
    return item


def _order(
    query: Translation,
    node: exp.Select,
    on: Expressions,
    scope: Scope,
    items: list[tuple[str | None, str | None, Value]],
) -> tuple[str, list[Value]]:
    """ORDER BY names the columns of the result first, then those of the tables."""
    order = node.args.get("order")
    if order is None:
        return "", []
    named: dict[str, Value] = {name: value for name, _, value in items if name}
    inner = Expressions(scope.with_variables(named), query, keys=on.keys)
    inner.windows = on.windows
    parts, values = [], []
    for item in order.expressions:
        place = _result_place(item.this, items)
        if place is None:
            value = inner.value(item.this)
            if node.args.get("distinct") is not None and value.sql not in {own.sql for _, _, own in items}:
                raise failure(
                    "EXPRESSION_NOT_IN_DISTINCT",
                    item,
                    "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
                )
            values.append(value)
            sql = key_sql(value.sql, value.type)
        else:
            sql = str(place + 1)
        parts.append(f"{sql}{direction(item)}")
    on.aggregated += inner.aggregated
    return f" ORDER BY {', '.join(parts)}", values


def _own_name(node: exp.Expression) -> str | None:
    """The name that a column has without an alias: that of a column or of a row's field."""
    if isinstance(node, exp.Column):
        return node.name
    return node.expression.name if isinstance(node, exp.Dot) else None


def _starred(star: exp.Star, relation: str, scope: Scope) -> list[tuple[str | None, str | None, Value]]:
    check_parts(star, set())
    fields = [
        field for field in scope.fields if not field.is_hidden and (not relation or field.relation == relation.lower())
    ]
    if not fields:
        if relation:
            raise failure("TABLE_NOT_FOUND", star, f"Unable to resolve reference {relation}")
        raise failure("COLUMN_NOT_FOUND", star, "SELECT * not allowed from relation that has no columns")
    return [
        (field.name, field.label, Value(field.sql, field.type, (exp.column(field.label or "_"),))) for field in fields
    ]


def _result_place(item: exp.Expression, items: list[tuple[str | None, str | None, Value]]) -> int | None:
    """The place of the result's column that an item of ORDER BY is: by its number or its name."""
    place = position(item, len(items))
    if place is not None:
        return place
    if not isinstance(item, exp.Column) or item.table:
        return None
    places = [place for place, (name, _, _) in enumerate(items) if name == item.name.lower()]
    if len({items[place][2].sql for place in places}) > 1:
        raise failure("AMBIGUOUS_NAME", item, f"Column '{item.name}' is ambiguous")
    return places[0] if places else None


def _check_grouped(values: Iterable[Value]) -> None:
    """Raises QueryError for a column that differs within a group."""
    for value in values:
        for column in value.columns:
            raise failure(
                "EXPRESSION_NOT_AGGREGATE",
                column,
                f"'{column.sql('trino')}' must be an aggregate expression or appear in GROUP BY clause",
            )
