"""Expressions of Trino's SQL: what type each has, and DuckDB's SQL of it. What Trino does not know is an error."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sqlglot import exp

from local_aws.athena.analysis import calls, literals
from local_aws.athena.analysis.casts import cast_sql, coerced, text_sql
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.operators import arithmetic, compared, comparison, negated, single_type
from local_aws.athena.analysis.scope import Scope, row_field
from local_aws.athena.analysis.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    JSON,
    MAX_FRACTION_DIGITS,
    NOW,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    field_names,
    row,
    type_of,
)
from local_aws.athena.analysis.values import Value, columns_of
from local_aws.athena.analysis.zones import normal_zone, split_zone
from local_aws.athena.sql.quoting import quoted, text_literal


class Queries(Protocol):
    """What makes SQL of a query inside an expression: its SQL and the types of its columns."""

    def subquery(self, query: exp.Expression, scope: Scope) -> tuple[str, list[Type]]: ...


class Expressions:
    """Expressions of one clause of a query.

    `clause` is its name where it takes no aggregates and no window functions. `keys`: SQL of what rows are grouped by.
    """

    def __init__(self, scope: Scope, queries: Queries, clause: str | None = None, keys: Iterable[str] = ()) -> None:
        self.scope, self.queries, self.clause, self.keys = scope, queries, clause, frozenset(keys)
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


def _connected(on: Expressions, node: exp.Connector) -> Value:
    word = "AND" if isinstance(node, exp.And) else "OR"
    terms = [on.condition(term, "Logical expression term") for term in node.flatten()]
    return Value(f"({f' {word} '.join(term.sql for term in terms)})", BOOLEAN, columns_of(*terms))


def _not(on: Expressions, node: exp.Not) -> Value:
    value = on.condition(node.this, "Value of logical NOT expression")
    return value.of(f"(NOT {value.sql})", BOOLEAN)


def _is(on: Expressions, node: exp.Is) -> Value:
    if not isinstance(node.expression, exp.Null):
        raise failure("SYNTAX_ERROR", node, "mismatched input 'IS'. Expecting: IS [NOT] NULL, IS [NOT] DISTINCT FROM")
    value = on.value(node.this)
    return value.of(f"({value.sql} IS NULL)", BOOLEAN)


def _comparison(on: Expressions, node: exp.Binary) -> Value:
    for kind, word in ((exp.All, "ALL"), (exp.Any, "ANY")):
        if isinstance(node.right, kind):
            return _quantified(on, node, word)
    return comparison(node, on.value(node.left), on.value(node.right))


def _quantified(on: Expressions, node: exp.Binary, word: str) -> Value:
    query = node.right.this
    left = on.value(node.left)
    sql, kinds = on.queries.subquery(query.this if isinstance(query, exp.Subquery) else query, on.scope)
    comparison(node, left, Value("NULL", kinds[0]))
    sign = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}[type(node)]
    return left.of(f"({left.sql} {sign} {word} ({sql}))", BOOLEAN)


def _between(on: Expressions, node: exp.Between) -> Value:
    values = [on.value(node.this), on.value(node.args["low"]), on.value(node.args["high"])]
    if node.args.get("symmetric") is not None:
        raise failure("SYNTAX_ERROR", node, "mismatched input 'SYMMETRIC'")
    kinds = [value.type for value in values]
    common = single_type(
        values, node, "", lambda *_: f"Cannot check if {kinds[0]} is BETWEEN {kinds[1]} and {kinds[2]}"
    )
    one, low, high = compared(common, *values)
    return Value(f"({one} BETWEEN {low} AND {high})", BOOLEAN, columns_of(*values))


def _in(on: Expressions, node: exp.In) -> Value:
    if node.args.get("unnest") or node.args.get("field"):
        raise failure("SYNTAX_ERROR", node, "mismatched input 'IN'. Expecting: a list or a query in parentheses")
    value = on.value(node.this)
    if query := node.args.get("query"):
        sql, kinds = on.queries.subquery(query.this, on.scope)
        wanted = Type("row", tuple((None, kind) for kind in kinds)) if len(kinds) > 1 else kinds[0]
        single_type(
            [value, Value("", wanted)],
            node,
            "",
            lambda left, right: f"Value expression and result of subquery must be of the same type: {left} vs {right}",
        )
        return value.of(f"({value.sql} IN ({sql}))", BOOLEAN)
    items = on.values(node.expressions)
    common = single_type([value, *items], node, "IN value and list items")
    one, *others = compared(common, value, *items)
    return Value(f"({one} IN ({', '.join(others)}))", BOOLEAN, columns_of(value, *items))


def _like(on: Expressions, node: exp.Like, escape: exp.Expression | None = None) -> Value:
    value, pattern = on.value(node.this), on.value(node.expression)
    for given, what in ((value, "Left side of LIKE expression"), (pattern, "Pattern for LIKE expression")):
        if given.type.name not in {"varchar", "char", "unknown"}:
            raise failure("TYPE_MISMATCH", node, f"{what} must evaluate to a varchar (actual: {given.type})")
    end = f" ESCAPE {on.value(escape).sql}" if escape is not None else ""
    text = text_sql(value.sql, value.type) if value.type.is_text else "CAST(NULL AS VARCHAR)"
    return Value(f"({text} LIKE {pattern.sql}{end})", BOOLEAN, columns_of(value, pattern))


def _escape(on: Expressions, node: exp.Escape) -> Value:
    if not isinstance(node.this, exp.Like):
        raise failure("SYNTAX_ERROR", node, "mismatched input 'ESCAPE'")
    return _like(on, node.this, node.expression)


def _if(on: Expressions, node: exp.If) -> Value:
    condition = on.condition(node.this, "IF condition")
    results = on.values(part for part in (node.args["true"], node.args.get("false")) if part is not None)
    common = single_type(
        results, node, "", lambda *kinds: f"Result types for IF must be the same: {kinds[0]}, {kinds[1]}"
    )
    sqls = [coerced(result.sql, result.type, common) for result in results] + ["NULL"]
    return Value(
        f"(CASE WHEN {condition.sql} THEN {sqls[0]} ELSE {sqls[1]} END)", common, columns_of(condition, *results)
    )


def _case(on: Expressions, node: exp.Case) -> Value:
    operand = on.value(node.this) if node.this is not None else None
    branches = node.args["ifs"]
    conditions = [_case_condition(on, branch, operand) for branch in branches]
    default = node.args.get("default")
    results = on.values([branch.args["true"] for branch in branches] + ([default] if default is not None else []))
    common = single_type(results, node, "All CASE results")
    sqls = [coerced(result.sql, result.type, common) for result in results]
    whens = " ".join(f"WHEN {one.sql} THEN {sql}" for one, sql in zip(conditions, sqls, strict=False))
    end = f" ELSE {sqls[-1]}" if default is not None else ""
    return Value(f"(CASE {whens}{end} END)", common, columns_of(operand, *conditions, *results))


def _case_condition(on: Expressions, branch: exp.If, operand: Value | None) -> Value:
    if operand is None:
        return on.condition(branch.this, "CASE WHEN clause")
    given = on.value(branch.this)
    common = single_type(
        [operand, given],
        branch.this,
        "",
        lambda left, right: f"CASE operand type does not match WHEN clause operand type: {left} vs {right}",
    )
    one, other = compared(common, operand, given)
    return Value(f"{one} = {other}", BOOLEAN)


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
    fields = ", ".join(f"{quoted(name)} := {item.sql}" for name, item in zip(field_names(kind), items, strict=True))
    return Value(f"struct_pack({fields})", kind, columns_of(*items))


def _subscript(on: Expressions, node: exp.Bracket) -> Value:
    value, index = on.value(node.this), on.value(node.expressions[0])
    columns = columns_of(value, index)
    if isinstance(node.expressions[0], exp.Slice) or len(node.expressions) != 1:
        raise failure("SYNTAX_ERROR", node, "mismatched input ':'. Expecting: ']'")
    if value.type.name == "array" and (index.type.is_integer or index.type == UNKNOWN):
        return Value(f"trino_subscript({value.sql}, {index.sql})", value.type.element, columns)
    if value.type.name == "map":
        key, kind = value.type.arguments
        if calls.is_coercible(index.type, key):
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


def _concatenated(on: Expressions, node: exp.DPipe) -> Value:
    return calls.of_values(node, "concat", on.values([node.left, node.right]))


def _trim(on: Expressions, node: exp.Trim) -> Value:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get((node.args.get("position") or "").upper(), "trim")
    parts = [node.this, *([node.expression] if node.args.get("expression") else [])]
    return calls.of_values(node, name, on.values(parts))


def _position(on: Expressions, node: exp.StrPosition) -> Value:
    return calls.of_values(node, "strpos", on.values([node.this, node.args["substr"]]))


def _substring(on: Expressions, node: exp.Substring) -> Value:
    parts = [node.this, node.args.get("start"), node.args.get("length")]
    return calls.of_values(node, "substring", on.values(part for part in parts if part is not None))


_EXTRACTED = {
    "year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow", "day_of_year", "doy",
    "year_of_week", "yow", "hour", "minute", "second", "timezone_hour", "timezone_minute",
}  # fmt: skip


def _extract(on: Expressions, node: exp.Extract) -> Value:
    name = node.this.name.lower()
    value = on.value(node.expression)
    if name not in _EXTRACTED:
        raise failure("SYNTAX_ERROR", node, f"Invalid EXTRACT field: {node.this.name}")
    if calls.match(name, [value]) is None:
        raise failure("TYPE_MISMATCH", node, f"Cannot extract {name.upper()} from {value.type}")
    return calls.of_values(node, name, [value])


def _json_path(node: exp.Expression, path: exp.Expression) -> exp.Expression:
    if not isinstance(path, exp.Literal) or path.name.split(" ")[0] not in {"lax", "strict"}:
        raise failure("INVALID_PATH", node, "A JSON path begins with the mode: 'lax $.name' or 'strict $.name'")
    return path


def _json_value(on: Expressions, node: exp.JSONValue) -> Value:
    if node.args.get("on_condition"):
        raise refused("json_value with ON EMPTY or ON ERROR", node)
    value = calls.of_values(node, "json_value", on.values([node.this, _json_path(node, node.args["path"])]))
    returning = node.args.get("returning")
    if not isinstance(returning, exp.DataType):
        return value
    target = type_of(returning)
    sql = cast_sql(value.sql, value.type, target, is_try=True)
    if sql is None:
        raise failure("TYPE_MISMATCH", node, f"Invalid return type of function JSON_VALUE: {target}")
    return value.of(f"({sql})", target)


def _json_query(on: Expressions, node: exp.JSONExtract) -> Value:
    extras = [part for part in ("option", "quote", "on_condition") if node.args.get(part)]
    if not node.args.get("json_query") or extras:
        raise refused("json_query with WRAPPER, QUOTES or ON EMPTY", node)
    return calls.of_values(node, "json_query", on.values([node.this, _json_path(node, node.expression)]))


def _json_literal(on: Expressions, node: exp.ParseJSON) -> Value:
    return Value(f"trino_json({on.value(node.this).sql})", JSON)


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


_MILLISECOND = "date_trunc('millisecond', now())"
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
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ), _comparison),
    exp.And: _connected,
    exp.Or: _connected,
    exp.Not: _not,
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Like: _like,
    exp.Escape: _escape,
    exp.If: _if,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.AtTimeZone: _at_time_zone,
    exp.Array: _array,
    exp.Tuple: _row,
    exp.Bracket: _subscript,
    exp.Subquery: _subquery,
    exp.Exists: _exists,
    exp.DPipe: _concatenated,
    exp.Trim: _trim,
    exp.StrPosition: _position,
    exp.Substring: _substring,
    exp.Extract: _extract,
    exp.JSONValue: _json_value,
    exp.JSONExtract: _json_query,
    exp.ParseJSON: _json_literal,
    exp.CurrentDate: _constant("current_date", DATE),
    exp.CurrentTime: _no_time_zone,
    exp.CurrentTimestamp: _constant(_MILLISECOND, NOW),
    exp.Localtimestamp: _constant(f"CAST({_MILLISECOND} AS TIMESTAMP)", Type("timestamp", (3,))),
    exp.Localtime: _constant(f"CAST({_MILLISECOND} AS TIME)", Type("time", (3,))),
    exp.CurrentCatalog: _constant("'awsdatacatalog'", VARCHAR),
    exp.CurrentUser: _constant("'local'", VARCHAR),
    **dict.fromkeys(
        (exp.Anonymous, exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls),
        lambda on, node: _row(on, node) if calls.is_row(node) else calls.call(on, node),
    ),
    exp.Count: _constant("count(*)", BIGINT),
}
