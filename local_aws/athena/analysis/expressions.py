"""Expressions of Trino's SQL: what type each has, and DuckDB's SQL of it. What Trino does not know is an error."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sqlglot import exp

from local_aws.athena.analysis import calls, literals, predicates, special_calls
from local_aws.athena.analysis.casts import cast_sql, coerced, text_sql
from local_aws.athena.analysis.coercion import can_coerce
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.operators import arithmetic, negated, single_type
from local_aws.athena.analysis.scope import Scope, row_field
from local_aws.athena.analysis.types import (
    BOOLEAN,
    DATE,
    MAX_FRACTION_DIGITS,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    row,
    type_of,
)
from local_aws.athena.analysis.values import Value, columns_of, row_sql
from local_aws.athena.analysis.windows import Window
from local_aws.athena.analysis.zones import normal_zone, split_zone
from local_aws.athena.sql.quoting import text_literal


class Queries(Protocol):
    """What makes SQL of a query inside an expression: its SQL and the types of its columns."""

    def subquery(self, query: exp.Expression, scope: Scope) -> tuple[str, list[Type]]: ...


class Expressions:
    """Expressions of one clause of a query.

    `clause` is its name where it takes no aggregates and no window functions. `keys`: SQL of what rows are grouped by.
    `windows`: those of the WINDOW clause.
    """

    def __init__(self, scope: Scope, queries: Queries, clause: str | None = None, keys: Iterable[str] = ()) -> None:
        self.scope, self.queries, self.clause, self.keys = scope, queries, clause, frozenset(keys)
        self.windows: dict[str, Window] = {}
        self.aggregated: list[str] = []
        self.aggregate: str | None = None

    def value(self, node: exp.Expression) -> Value:
        translate = _NODES.get(type(node))
        if translate is None:
            raise failure("SYNTAX_ERROR", node, f"{_words(node)} is no expression of Athena's SQL")
        return self.grouped(translate(self, node))

    def grouped(self, value: Value) -> Value:
        """The value, which is the same in all rows of a group if they are grouped by it."""
        return Value(value.sql, value.type, (), value.text) if value.columns and value.sql in self.keys else value

    def values(self, nodes: Iterable[exp.Expression]) -> list[Value]:
        return [self.value(node) for node in nodes]

    def condition(self, node: exp.Expression, what: str) -> Value:
        """A value that has to be a boolean; `what` starts the message that says so."""
        value = self.value(node)
        if value.type.name not in {"boolean", "unknown"}:
            end = f": actual type {value.type}" if what.endswith("clause") else f" (actual: {value.type})"
            raise failure("TYPE_MISMATCH", node, f"{what} must evaluate to a boolean{end}")
        return value

    def inner(self, variables: dict[str, Value]) -> "Expressions":
        """Of a lambda's body."""
        return Expressions(self.scope.with_variables(variables), self.queries, "Lambda expression", self.keys)


def _words(node: exp.Expression) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()


def _column(on: Expressions, node: exp.Column) -> Value:
    if isinstance(node.this, exp.Star):
        raise failure("SYNTAX_ERROR", node, "mismatched input '*'")
    return on.scope.resolve(node, [part.name for part in node.parts])


def _variable(on: Expressions, node: exp.Identifier) -> Value:
    return on.scope.resolve(node, [node.name])


def _dot(on: Expressions, node: exp.Dot) -> Value:
    if not isinstance(node.expression, exp.Identifier):
        name = node.expression.name.lower()
        raise failure("FUNCTION_NOT_FOUND", node.expression, f"Function '{name}' not registered")
    return row_field(node.expression, on.value(node.this), node.expression.name)


def _cast(on: Expressions, node: exp.Cast) -> Value:
    target = type_of(node.to)
    is_try = isinstance(node, exp.TryCast)
    if "time" in target.name and target.arguments and target.arguments[0] > MAX_FRACTION_DIGITS:
        raise refused(f"The type {target}", node)
    if node.args.get("format"):
        raise failure("SYNTAX_ERROR", node, "mismatched input 'FORMAT'")
    value = on.value(node.this)
    if value.text is not None and not is_try and (constant := literals.typed(value.text, target)):
        return constant
    if value.text is not None and target.name == TIMESTAMP_TZ:
        moment, zone = split_zone(value.text)
        sql = cast_sql(text_literal(moment), VARCHAR, Type("timestamp", target.arguments), is_try)
        zone = zone or "UTC"
        return Value(f"trino_instant({sql}, {text_literal(zone)})", target.with_zone(zone))
    sql = cast_sql(value.sql, value.type, target, is_try)
    if sql is None:
        raise failure("TYPE_MISMATCH", node, f"Cannot cast {value.type} to {target}")
    zone = value.type.zone if value.type.name == TIMESTAMP_TZ else "UTC"
    kind = target.with_zone(zone) if target.name == TIMESTAMP_TZ else target
    return value.of(sql if sql.endswith(")") and not sql.startswith("CASE") else f"({sql})", kind)


def _at_time_zone(on: Expressions, node: exp.AtTimeZone) -> Value:
    value, zone = on.value(node.this), on.value(node.args["zone"])
    if zone.type.name != "varchar":
        raise failure("TYPE_MISMATCH", node, f"Type of time zone must be varchar or interval (actual {zone.type})")
    if value.type.name not in {"timestamp", TIMESTAMP_TZ}:
        raise failure(
            "TYPE_MISMATCH",
            node,
            f"Type of value must be a time or timestamp with or without time zone (actual {value.type})",
        )
    target = Type(TIMESTAMP_TZ, value.type.arguments, normal_zone(zone.text) if zone.text is not None else None)
    return value.of(coerced(value.sql, value.type, target), target)


def _array(on: Expressions, node: exp.Array) -> Value:
    items = on.values(node.expressions)
    if not items:
        return Value("[]", array(UNKNOWN))
    common = single_type(items, node, "All ARRAY elements")
    sqls = [coerced(item.sql, item.type, common) for item in items]
    return Value(f"[{', '.join(sqls)}]", array(common), columns_of(*items))


def _row(on: Expressions, node: exp.Expression) -> Value:
    items = on.values(node.expressions)
    kind = row(*((None, item.type) for item in items))
    return Value(row_sql(kind, [item.sql for item in items]), kind, columns_of(*items))


def _subscript(on: Expressions, node: exp.Bracket) -> Value:
    value, index = on.value(node.this), on.value(node.expressions[0])
    columns = columns_of(value, index)
    if isinstance(node.expressions[0], exp.Slice) or len(node.expressions) != 1:
        raise failure("SYNTAX_ERROR", node, "mismatched input ':'. Expecting: ']'")
    if value.type.name == "array" and (index.type.is_integer or index.type == UNKNOWN):
        return Value(f"trino_subscript({value.sql}, {index.sql})", value.type.element, columns)
    if value.type.name == "map":
        key, kind = value.type.arguments
        if can_coerce(index.type, key):
            wanted = coerced(index.sql, index.type, key)
            text = text_sql(wanted, key) if not key.arguments or key.name in {"varchar", "decimal"} else "'?'"
            return Value(f"trino_map_subscript({value.sql}, {wanted}, {text})", kind, columns)
    if value.type.name == "row" and isinstance(node.expressions[0], exp.Literal) and index.type.is_integer:
        place = int(index.sql)
        if not 1 <= place <= len(value.type.arguments):
            raise failure(
                "INVALID_FUNCTION_ARGUMENT",
                node.expressions[0],
                f"ROW index out of bounds: {place} > {len(value.type.arguments)}",
            )
        return Value(f"struct_extract_at({value.sql}, {place})", value.type.arguments[place - 1][1], columns)
    raise failure("TYPE_MISMATCH", node, f"Cannot apply operator: {value.type}[{index.type}]")


def _subquery(on: Expressions, node: exp.Subquery) -> Value:
    sql, kinds = on.queries.subquery(node.this, on.scope)
    if len(kinds) != 1:
        raise refused(f"A subquery of {len(kinds)} columns as a value", node)
    return Value(f"({sql})", kinds[0])


def _exists(on: Expressions, node: exp.Exists) -> Value:
    sql, _ = on.queries.subquery(node.this, on.scope)
    return Value(f"EXISTS ({sql})", BOOLEAN)


def _constant(sql: str, kind: Type) -> Callable[..., Value]:
    return lambda *_: Value(sql, kind)


def _no_time_zone(_: Expressions, node: exp.Expression) -> Value:
    raise refused("current_time, a time with time zone,", node)


def _boolean(_: Expressions, node: exp.Boolean) -> Value:
    return Value("true" if node.this else "false", BOOLEAN)


def _paren(on: Expressions, node: exp.Paren) -> Value:
    return on.value(node.this)


def _binary(on: Expressions, node: exp.Binary) -> Value:
    return arithmetic(node, on.value(node.left), on.value(node.right))


def _call(on: Expressions, node: exp.Expression) -> Value:
    own = _OWN_CALLS.get(node.name.lower()) if isinstance(node, exp.Anonymous) else None
    return own(on, node) if own is not None else calls.call(on, node)


_OWN_CALLS: dict[str, Callable[[Expressions, Any], Value]] = {
    "row": _row,
    "current_time": _no_time_zone,
    **dict.fromkeys(special_calls.NOW, special_calls.now),
}
_NODES: dict[type[exp.Expression], Callable[[Expressions, Any], Value]] = {
    exp.Literal: literals.literal,
    exp.HexString: literals.hex_string,
    exp.UnicodeString: literals.unicode_string,
    exp.Interval: literals.interval,
    exp.Null: _constant("NULL", UNKNOWN),
    exp.Boolean: _boolean,
    exp.Column: _column,
    exp.Identifier: _variable,
    exp.Dot: _dot,
    exp.Paren: _paren,
    exp.Neg: lambda on, node: negated(node, on.value(node.this)),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _binary),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ), predicates.compared_values),
    **dict.fromkeys((exp.LT, exp.LTE, exp.GT, exp.GTE), predicates.compared_values),
    exp.And: predicates.connected,
    exp.Or: predicates.connected,
    exp.Not: predicates.negation,
    exp.Is: predicates.null_test,
    exp.Between: predicates.between,
    exp.In: predicates.membership,
    exp.Like: predicates.like,
    exp.Escape: predicates.escaped_like,
    exp.If: predicates.if_value,
    exp.Case: predicates.case,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.AtTimeZone: _at_time_zone,
    exp.Array: _array,
    exp.Tuple: _row,
    exp.Bracket: _subscript,
    exp.Subquery: _subquery,
    exp.Exists: _exists,
    exp.DPipe: special_calls.concatenated,
    exp.Trim: special_calls.trim,
    exp.StrPosition: special_calls.position,
    exp.Substring: special_calls.substring,
    exp.Extract: special_calls.extract,
    exp.JSONValue: special_calls.json_value,
    exp.JSONExtract: special_calls.json_query,
    exp.JSONObject: special_calls.json_object,
    exp.ParseJSON: special_calls.json_literal,
    exp.CurrentDate: _constant("current_date", DATE),
    exp.CurrentTime: _no_time_zone,
    **dict.fromkeys((exp.CurrentTimestamp, exp.Localtimestamp, exp.Localtime), special_calls.now),
    exp.CurrentCatalog: _constant("'awsdatacatalog'", VARCHAR),
    exp.CurrentUser: _constant("'local'", VARCHAR),
    **dict.fromkeys(
        (exp.Anonymous, exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls),
        _call,
    ),
}
