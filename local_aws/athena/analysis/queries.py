"""Queries of Trino's SQL as DuckDB's: SELECT, VALUES, set operations and WITH."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from sqlglot import exp

from local_aws.athena.analysis.casts import coerced
from local_aws.athena.analysis.coercion import common_type
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.expressions import Expressions
from local_aws.athena.analysis.ordering import direction
from local_aws.athena.analysis.relations import check_parts, from_clause
from local_aws.athena.analysis.scope import Columns, Field, Scope
from local_aws.athena.analysis.types import Type
from local_aws.athena.analysis.values import Value
from local_aws.athena.analysis.windows import named_windows
from local_aws.athena.sql.quoting import quoted

# Name, type, and whether `*` leaves it out, of each column of a table.
SourceColumns = list[tuple[str, Type, bool]]

_GROUPINGS = {exp.GroupingSets: "GROUPING SETS", exp.Cube: "CUBE", exp.Rollup: "ROLLUP"}
_MODIFIERS = {"with_", "order", "limit", "offset"}
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


@dataclass(frozen=True)
class Query:
    """DuckDB's SQL of a query, whose columns it calls c0, c1, …"""

    sql: str
    columns: Columns

    @property
    def types(self) -> list[Type]:
        return [kind for _, _, kind in self.columns.columns]

    @property
    def labels(self) -> list[str]:
        """Names that the results show: `_col0`, by position, for a column without one."""
        return [label or f"_col{place}" for place, (_, label, _) in enumerate(self.columns.columns)]


class Translation:
    """The queries of one statement over tables that DuckDB knows by the names of `sources`."""

    def __init__(self, sources: Mapping[str, SourceColumns]) -> None:
        self.sources = sources
        self._numbers = count()

    def new_name(self) -> str:
        return f"r{next(self._numbers)}"

    def subquery(self, node: exp.Expression, scope: Scope) -> tuple[str, list[Type]]:
        """SQL and column types of a query in an expression of another one."""
        translated = self.query(node, Scope(parent=scope))
        return translated.sql, translated.types

    def query(self, node: exp.Expression, scope: Scope) -> Query:
        """`scope` holds the query's own names: it is empty but for its parent and the names of WITH."""
        start = ""
        if with_ := node.args.get("with_"):
            start, scope = self._with(with_, scope)
        if isinstance(node, exp.Select):
            found = self._select(node, scope)
        elif isinstance(node, exp.SetOperation):
            found = self._set_operation(node, scope)
        elif isinstance(node, exp.Values):
            found = self._values(node, scope)
        elif isinstance(node, exp.Subquery):
            found = self._parenthesized(node, scope)
        else:
            raise failure("SYNTAX_ERROR", node, "mismatched input. Expecting: 'SELECT', 'TABLE', 'VALUES', 'WITH'")
        return Query(start + found.sql, found.columns)

    def _with(self, node: exp.With, scope: Scope) -> tuple[str, Scope]:
        tables: dict[str, Columns] = {}
        inner = Scope(parent=scope.parent, tables={**scope.tables})
        parts = []
        for cte in node.expressions:
            if not isinstance(cte, exp.CTE):
                raise refused("A function in WITH", cte)
            name = cte.alias.lower()
            if name in tables:
                raise failure("DUPLICATE_NAMED_QUERY", cte, f"WITH query name '{name}' specified more than once")
            query = self._cte(cte, name, inner, bool(node.recursive))
            aliases = [column.name for column in cte.args["alias"].columns]
            tables[name] = inner.tables[name] = _renamed(cte, query.columns, aliases)
            names = ", ".join(f"c{place}" for place in range(len(query.columns.columns)))
            parts.append(f"{quoted(name)}({names}) AS ({query.sql})")
        word = "WITH RECURSIVE" if node.recursive else "WITH"
        return f"{word} {', '.join(parts)} ", inner

    def _cte(self, cte: exp.CTE, name: str, scope: Scope, is_recursive: bool) -> Query:
        inner = Scope(parent=scope.parent, tables={**scope.tables})
        body = cte.this
        uses_itself = is_recursive and any(
            table.name.lower() == name and not table.db for table in body.find_all(exp.Table)
        )
        if not uses_itself:
            return self.query(body, inner)
        aliases = [column.name for column in cte.args["alias"].columns]
        if not isinstance(body, exp.Union) or not aliases:
            raise failure("SYNTAX_ERROR", cte, f"Recursive query '{name}' needs UNION and a list of its columns")
        first = self.query(body.this, Scope(parent=scope.parent, tables={**scope.tables}))
        inner.tables[name] = _renamed(cte, first.columns, aliases)
        return self.query(body, inner)

    def _parenthesized(self, node: exp.Subquery, scope: Scope) -> Query:
        check_parts(node, {"this", "alias", "joins", "sample"} | _MODIFIERS)
        inner = self.query(node.this, Scope(parent=scope.parent, tables=scope.tables))
        end = self._end(node, _output_scope(inner, scope, "inner_query"))
        if not end:
            return inner
        return Query(f"SELECT * FROM ({inner.sql}) AS inner_query{end}", inner.columns)  # noqa: S608 - translated

    def _values(self, node: exp.Values, scope: Scope) -> Query:
        on = Expressions(scope, self, "VALUES")
        rows = [on.values(item.expressions if isinstance(item, exp.Tuple) else [item]) for item in node.expressions]
        if len({len(values) for values in rows}) != 1:
            raise failure("TYPE_MISMATCH", node, "Values rows have mismatched sizes")
        kinds = [values.type for values in rows[0]]
        for values in rows[1:]:
            kinds = [common_type(kind, value.type) for kind, value in zip(kinds, values, strict=True)]
            if None in kinds:
                raise failure("TYPE_MISMATCH", node, "Values rows have mismatched types")
        lines = [
            f"({', '.join(_held(value, kind) for value, kind in zip(values, kinds, strict=True))})" for values in rows
        ]
        names = ", ".join(f"c{place}" for place in range(len(kinds)))
        end = self._end(node, Scope(parent=scope))
        sql = f"SELECT * FROM (VALUES {', '.join(lines)}) AS inner_values({names}){end}"  # noqa: S608 - translated
        return Query(sql, Columns(tuple((None, None, kind) for kind in kinds)))

    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> Query:
        check_parts(node, {"this", "expression", "distinct"} | _MODIFIERS)
        word = type(node).__name__.upper()
        sides = [self.query(side, Scope(parent=scope.parent, tables=scope.tables)) for side in (node.left, node.right)]
        left, right = (side.types for side in sides)
        if len(left) != len(right):
            raise failure(
                "TYPE_MISMATCH", node, f"{word} query has different number of fields: {len(left)}, {len(right)}"
            )
        kinds = list(map(common_type, left, right))
        if None in kinds:
            place = kinds.index(None)
            raise failure(
                "TYPE_MISMATCH",
                node,
                f"column {place + 1} in {word} query has incompatible types: {left[place]}, {right[place]}",
            )
        parts = [_as_types(side, kinds) for side in sides]
        word += "" if node.args.get("distinct") else " ALL"
        columns = tuple(
            (name, label, kind) for (name, label, _), kind in zip(sides[0].columns.columns, kinds, strict=True)
        )
        found = Query(f"({parts[0]}) {word} ({parts[1]})", Columns(columns))
        end = self._end(node, _output_scope(found, scope, "inner_query"))
        return Query(f"SELECT * FROM ({found.sql}) AS inner_query{end}", found.columns) if end else found  # noqa: S608 - translated

    def _select(self, node: exp.Select, scope: Scope) -> Query:
        check_parts(node, _SELECT_PARTS | _MODIFIERS)
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):
            raise failure("SYNTAX_ERROR", node, "mismatched input 'ON'. Expecting: an expression")
        source = from_clause(self, node, scope)
        where = node.args.get("where")
        if where is not None:
            condition = Expressions(scope, self, "WHERE clause").condition(where.this, "WHERE clause")
            source += f" WHERE {condition.sql}"
        group, keys = self._group(node, scope)
        on = Expressions(scope, self, keys=keys)
        named_windows(on, node.args.get("windows") or [])
        items = self._items(node, on)
        having = node.args.get("having")
        condition = on.condition(having.this, "HAVING clause") if having is not None else None
        if condition is not None:
            group += f" HAVING {condition.sql}"
        end, ordered = self._order(node, on, scope, items)
        if on.aggregated or node.args.get("group") is not None or having is not None:
            _check_grouped([*(value for _, _, value in items), *ordered, *([condition] if condition else [])])
        selected = ", ".join(f"{value.sql} AS c{place}" for place, (_, _, value) in enumerate(items))
        word = "SELECT DISTINCT" if distinct is not None else "SELECT"
        columns = tuple((name, label, value.type) for name, label, value in items)
        return Query(f"{word} {selected}{source}{group}{end}{_limit(node)}", Columns(columns))

    def _items(self, node: exp.Select, on: Expressions) -> list[tuple[str | None, str | None, Value]]:
        """Name, label and value of each column."""
        items = []
        for item in node.expressions:
            is_column_star = isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
            if isinstance(item, exp.Star) or is_column_star:
                starred = _starred(
                    item.this if is_column_star else item, item.table if is_column_star else "", on.scope
                )
                items += [(name, label, on.grouped(value)) for name, label, value in starred]
                continue
            inner = item.this if isinstance(item, exp.Alias) else item
            label = item.alias if isinstance(item, exp.Alias) else _own_name(inner)
            items.append((label.lower() if label else None, label, on.value(inner)))
        if not items:
            raise failure("SYNTAX_ERROR", node, "mismatched input '<EOF>'. Expecting: an expression")
        return items

    def _group(self, node: exp.Select, scope: Scope) -> tuple[str, set[str]]:
        """GROUP BY, and the SQL of what it groups by."""
        group = node.args.get("group")
        if group is None:
            return "", set()
        check_parts(group, {"expressions"})
        on, keys = Expressions(scope, self, "GROUP BY clause"), set()

        def key(item: exp.Expression) -> str:
            if isinstance(item, exp.Literal) and not item.is_string:
                item = node.expressions[_position(item, len(node.expressions), "GROUP BY")]
                item = item.this if isinstance(item, exp.Alias) else item
            value = on.value(item)
            if any(part.name == "json" for part in value.type.parts):
                raise failure(
                    "TYPE_MISMATCH", item, f"{value.type} is not comparable, and therefore cannot be used in GROUP BY"
                )
            keys.add(value.sql)
            return value.sql

        def keys_of(item: exp.Expression) -> str:
            parts = item.expressions if isinstance(item, exp.Tuple) else [item.unnest()] if item is not None else []
            return f"({', '.join(map(key, parts))})"

        def part(item: exp.Expression) -> str:
            if type(item) not in _GROUPINGS:
                return key(item)
            return f"{_GROUPINGS[type(item)]} ({', '.join(map(keys_of, item.expressions))})"

        return f" GROUP BY {', '.join(map(part, group.expressions))}", keys

    def _order(
        self, node: exp.Select, on: Expressions, scope: Scope, items: list[tuple[str | None, str | None, Value]]
    ) -> tuple[str, list[Value]]:
        """ORDER BY names the columns of the result first, then those of the tables."""
        order = node.args.get("order")
        if order is None:
            return "", []
        named: dict[str, Value] = {name: value for name, _, value in items if name}
        inner = Expressions(scope.with_variables(named), self, keys=on.keys)
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
                place_sql = value.sql if not value.sql.isdigit() else f"({value.sql} + 0)"
            else:
                place_sql = str(place + 1)
            parts.append(f"{place_sql}{direction(item)}")
        on.aggregated += inner.aggregated
        return f" ORDER BY {', '.join(parts)}", values

    def _end(self, node: exp.Expression, scope: Scope) -> str:
        """ORDER BY, OFFSET and LIMIT of a query that is no SELECT."""
        order, parts = node.args.get("order"), []
        for item in order.expressions if order is not None else []:
            if isinstance(item.this, exp.Literal) and not item.this.is_string:
                parts.append(f"{_position(item.this, len(scope.fields)) + 1}{direction(item)}")
            else:
                parts.append(f"{Expressions(scope, self, 'ORDER BY clause').value(item.this).sql}{direction(item)}")
        return (f" ORDER BY {', '.join(parts)}" if parts else "") + _limit(node)


def _limit(node: exp.Expression) -> str:
    end = ""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if isinstance(limit, exp.Fetch):
        if limit.args.get("limit_options"):
            options = limit.args["limit_options"]
            if options.args.get("with_ties") or options.args.get("percent"):
                raise refused("FETCH FIRST … WITH TIES", node)
        amount = limit.args.get("count")
        end += f" LIMIT {_whole(amount) if amount is not None else 1}"
    elif limit is not None:
        check_parts(limit, {"expression"})
        is_all = isinstance(limit.expression, exp.Var | exp.Column) and limit.expression.name.upper() == "ALL"
        end += "" if is_all else f" LIMIT {_whole(limit.expression)}"
    if offset is not None:
        check_parts(offset, {"expression"})
        end += f" OFFSET {_whole(offset.expression)}"
    return end


def _whole(item: exp.Expression) -> int:
    if not isinstance(item, exp.Literal) or item.is_string or not item.name.isdigit():
        raise failure("SYNTAX_ERROR", item, f"mismatched input '{item.sql('trino')}'. Expecting: a whole number")
    return int(item.name)


def _held(value: Value, kind: Type) -> str:
    if kind.name == "unknown":
        return "NULL"
    return coerced(value.sql, value.type, kind)


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


def _position(item: exp.Literal, count: int, clause: str = "ORDER BY") -> int:
    """The place from 0 of the column, of so many, that a number stands for."""
    place = int(item.name) if item.name.isdigit() else 0
    if not 1 <= place <= count:
        raise failure("INVALID_COLUMN_REFERENCE", item, f"{clause} position {item.name} is not in select list")
    return place - 1


def _result_place(item: exp.Expression, items: list[tuple[str | None, str | None, Value]]) -> int | None:
    """The place of the result's column that an item of ORDER BY is: by its number or its name."""
    if isinstance(item, exp.Literal) and not item.is_string:
        return _position(item, len(items))
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


def _renamed(cte: exp.CTE, columns: Columns, aliases: list[str]) -> Columns:
    if not aliases:
        return columns
    if len(aliases) != len(columns.columns):
        raise failure(
            "MISMATCHED_COLUMN_ALIASES",
            cte,
            f"WITH column alias list has {len(aliases)} entries but WITH query({cte.alias}) has "
            f"{len(columns.columns)} columns",
        )
    return Columns(
        tuple((alias.lower(), alias, kind) for alias, (_, _, kind) in zip(aliases, columns.columns, strict=True))
    )


def _as_types(query: Query, kinds: list[Type]) -> str:
    if query.types == kinds:
        return query.sql
    parts = [
        f"{coerced(f'c{place}', given, wanted)} AS c{place}"
        for place, (given, wanted) in enumerate(zip(query.types, kinds, strict=True))
    ]
    return f"SELECT {', '.join(parts)} FROM ({query.sql})"  # noqa: S608 - made of translated parts


def _output_scope(query: Query, scope: Scope, relation: str) -> Scope:
    fields = [
        Field(None, name, kind, f"{relation}.c{place}", label)
        for place, (name, label, kind) in enumerate(query.columns.columns)
    ]
    return Scope(fields, scope.parent, scope.tables)
