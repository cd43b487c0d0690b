"""Queries of Trino's SQL as DuckDB's: SELECT, VALUES, set operations and WITH."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from sqlglot import exp

from local_aws.athena.analysis.casts import coerced
from local_aws.athena.analysis.coercion import common_type
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.expressions import Expressions
from local_aws.athena.analysis.limits import QUERY_PARTS, limit_sql
from local_aws.athena.analysis.ordering import direction, key_sql, position
from local_aws.athena.analysis.relations import check_parts
from local_aws.athena.analysis.scope import Columns, Field, Scope
from local_aws.athena.analysis.selects import select
from local_aws.athena.analysis.types import Type
from local_aws.athena.analysis.values import Value
from local_aws.athena.sql.quoting import quoted

# Name, type, and whether `*` leaves it out, of each column of a table.
SourceColumns = list[tuple[str, Type, bool]]


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
            found = Query(*select(self, node, scope))
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
        check_parts(node, {"this", "alias", "joins", "sample"} | QUERY_PARTS)
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
        check_parts(node, {"this", "expression", "distinct"} | QUERY_PARTS)
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

    def _end(self, node: exp.Expression, scope: Scope) -> str:
        """ORDER BY, OFFSET and LIMIT of a query that is no SELECT."""
        order, parts = node.args.get("order"), []
        for item in order.expressions if order is not None else []:
            place = position(item.this, len(scope.fields))
            if place is not None:
                parts.append(f"{place + 1}{direction(item)}")
            else:
                value = Expressions(scope, self, "ORDER BY clause").value(item.this)
                parts.append(f"{key_sql(value.sql, value.type)}{direction(item)}")
        return (f" ORDER BY {', '.join(parts)}" if parts else "") + limit_sql(node)


def _held(value: Value, kind: Type) -> str:
    if kind.name == "unknown":
        return "NULL"
    return coerced(value.sql, value.type, kind)


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
