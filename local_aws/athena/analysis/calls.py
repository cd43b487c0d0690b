"""Calls of functions: scalars, aggregates and window functions, with what can stand around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena.analysis import signatures
from local_aws.athena.analysis.casts import coerced
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.operators import single_type
from local_aws.athena.analysis.ordering import direction, key_sql, ordering
from local_aws.athena.analysis.signatures import AGGREGATE, WINDOW, Match
from local_aws.athena.analysis.templates import Call
from local_aws.athena.analysis.types import BIGINT, Type
from local_aws.athena.analysis.values import Value, columns_of
from local_aws.athena.analysis.windows import window
from local_aws.athena.sql.quoting import quoted

if TYPE_CHECKING:
    from local_aws.athena.analysis.expressions import Expressions

# Source: StatementAnalyzer of Trino.
_TAKES_NULL_TREATMENT = {"lead", "lag", "first_value", "last_value", "nth_value"}
_NULL_TREATMENTS = {exp.IgnoreNulls, exp.RespectNulls}


def call(on: Expressions, node: exp.Expression) -> Value:
    """A call with its FILTER, OVER, WITHIN GROUP and IGNORE NULLS."""
    wrappers: dict[type[exp.Expression], exp.Expression] = {}
    inner = node
    while not isinstance(inner, exp.Anonymous):
        if not isinstance(inner, exp.Window | exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
            raise failure("SYNTAX_ERROR", inner, "mismatched input. Expecting: a function")
        wrappers[type(inner)] = inner
        inner = inner.this
    name = inner.name.lower()
    if name == "grouping":
        return _grouping(on, inner)
    _check_known(inner, name)
    nodes, is_distinct, order = _arguments(inner)
    if exp.WithinGroup in wrappers:
        order = wrappers[exp.WithinGroup].expression
    is_aggregate = signatures.signatures(name)[0].kind == AGGREGATE
    is_window = exp.Window in wrappers
    _check_null_treatment(inner, wrappers)
    if is_aggregate and not is_window:
        return _aggregate(on, inner, nodes, is_distinct, order, wrappers)
    arguments = [None if isinstance(part, exp.Lambda) else on.value(part) for part in nodes]
    found, values = _matched(on, inner, nodes, arguments)
    over, columns = ("", ())
    if is_window or found.signature.kind == WINDOW:
        over, columns = _over(on, inner, wrappers)
    elif wrappers or is_distinct or order is not None:
        raise failure("FUNCTION_NOT_AGGREGATE", inner, f"FILTER, DISTINCT and ORDER BY need an aggregation: {name}")
    if is_distinct:
        raise failure(
            "NOT_SUPPORTED", inner, f"DISTINCT in window function parameters not yet supported: {inner.sql('trino')}"
        )
    if order is not None:
        raise failure("NOT_SUPPORTED", inner, "Window function with ORDER BY is not supported")
    # DuckDB takes IGNORE NULLS inside of the call.
    modifiers = ("", " IGNORE NULLS" if exp.IgnoreNulls in wrappers else "")
    return Call(inner, found, values, modifiers, over).value(columns_of(*values) + columns)


def _check_null_treatment(node: exp.Anonymous, wrappers: dict[type[exp.Expression], exp.Expression]) -> None:
    if not wrappers.keys() & _NULL_TREATMENTS:
        return
    if exp.Window not in wrappers:
        raise failure("SYNTAX_ERROR", node, "mismatched input 'NULLS'. Expecting: 'OVER' after the null treatment")
    if node.name.lower() not in _TAKES_NULL_TREATMENT:
        raise failure(
            "NULL_TREATMENT_NOT_ALLOWED", node, f"Cannot specify null treatment clause for {node.name.lower()} function"
        )


def of_values(node: exp.Expression, name: str, values: list[Value]) -> Value:
    """A call that the SQL says in other words, with its arguments."""
    found = match(name, values)
    if found is None:
        raise _unexpected(node, name, [value.type for value in values])
    return Call(node, found, values, ("", ""), "").value(columns_of(*values))


def match(name: str, values: list[Value]) -> Match | None:
    return signatures.resolve(name, [value.type for value in values], _no_lambda)


def _no_lambda(place: int, parameters: list[Type]) -> Type:
    raise AssertionError(f"no lambda at {place} of {parameters}")


def _check_known(node: exp.Expression, name: str) -> None:
    if signatures.signatures(name):
        return
    if signatures.is_documented(name):
        raise refused(f"The function '{name}'", node)
    raise failure("FUNCTION_NOT_FOUND", node, f"Function '{name}' not registered")


def _arguments(node: exp.Anonymous) -> tuple[list[exp.Expression], bool, exp.Expression | None]:
    """The arguments without DISTINCT and ORDER BY, and these."""
    nodes, is_distinct, order = list(node.expressions), False, None
    if nodes and isinstance(nodes[-1], exp.Order):
        order = nodes[-1]
        nodes[-1] = order.this
    if len(nodes) == 1 and isinstance(nodes[0], exp.Distinct):
        nodes, is_distinct = list(nodes[0].expressions), True
    if len(nodes) == 1 and isinstance(nodes[0], exp.Star) and node.name.lower() == "count":
        nodes = []
    return nodes, is_distinct, order


def _matched(
    on: Expressions, node: exp.Anonymous, nodes: list[exp.Expression], arguments: list[Value | None]
) -> tuple[Match, list[Value]]:
    """The signature that takes the arguments, and all the arguments: lambdas too, with the types that it gives them."""
    name, bodies = node.name.lower(), {}

    def lambda_type(place: int, parameters: list[Type]) -> Type:
        bodies[place] = _lambda(on, nodes[place], parameters)
        return bodies[place].type

    kinds = [None if value is None else value.type for value in arguments]
    found = signatures.resolve(name, kinds, lambda_type)
    if found is None:
        raise _unexpected(node, name, kinds)
    values = []
    for place, (value, wanted) in enumerate(zip(arguments, found.arguments, strict=True)):
        values.append(_lambda(on, nodes[place], list(wanted.arguments[:-1])) if value is None else value)
    return found, values


def _lambda(on: Expressions, node: exp.Lambda, parameters: list[Type]) -> Value:
    names = [parameter.name.lower() for parameter in node.expressions]
    if len(names) != len(parameters):
        raise failure(
            "INVALID_PARAMETER_USAGE", node, f"Lambda expression has {len(names)} parameters, not {len(parameters)}"
        )
    # Names that the lambdas of templates and macros do not have.
    own = [quoted(f"${name}") for name in names]
    variables = {name: Value(sql, kind) for name, sql, kind in zip(names, own, parameters, strict=True)}
    body = on.inner(variables).value(node.this)
    return body.of(f"lambda {', '.join(own)}: {body.sql}", body.type)


def _unexpected(node: exp.Expression, name: str, kinds: list[Type | None]) -> Exception:
    if name == "coalesce" and len(kinds) > 1:
        single_type([Value("", kind) for kind in kinds if kind is not None], node, "All COALESCE operands")
    given = ", ".join("<function>" if kind is None else str(kind) for kind in kinds)
    expected = ", ".join(sorted(map(str, signatures.signatures(name))))
    return failure(
        "FUNCTION_NOT_FOUND", node, f"Unexpected parameters ({given}) for function {name}. Expected: {expected}"
    )


def _aggregate(
    on: Expressions,
    node: exp.Anonymous,
    nodes: list[exp.Expression],
    is_distinct: bool,
    order: exp.Expression | None,
    wrappers: dict[type[exp.Expression], exp.Expression],
) -> Value:
    name = node.name.lower()
    if on.clause:
        raise failure(
            "EXPRESSION_NOT_SCALAR",
            node,
            f"{on.clause} cannot contain aggregations, window functions or grouping operations: [{node.sql('trino')}]",
        )
    if on.aggregate:
        raise failure(
            "NESTED_AGGREGATION",
            node,
            f"Cannot nest aggregations inside aggregation '{on.aggregate}': [{node.sql('trino')}]",
        )
    on.aggregate, keys = name, on.keys
    on.keys = frozenset()
    try:
        found, values = _matched(
            on, node, nodes, [None if isinstance(part, exp.Lambda) else on.value(part) for part in nodes]
        )
        modifiers = (
            "DISTINCT " if is_distinct else "",
            _order(on, order, _taken(found, values) if is_distinct else None),
        )
        end = _filter(on, wrappers)
    finally:
        on.aggregate, on.keys = None, keys
    on.aggregated.append(name)
    return Call(node, found, values, modifiers, end).value(())


def _filter(on: Expressions, wrappers: dict[type[exp.Expression], exp.Expression]) -> str:
    if exp.Filter not in wrappers:
        return ""
    condition = on.condition(wrappers[exp.Filter].expression.this, "Filter expression")
    return f" FILTER (WHERE {condition.sql})"


def _taken(found: Match, values: list[Value]) -> dict[str, str]:
    """SQL of each argument, and of it as the type that the function takes."""
    pairs = zip(values, found.arguments, strict=True)
    return {value.sql: coerced(value.sql, value.type, wanted) for value, wanted in pairs if wanted.name != "function"}


def _order(on: Expressions, order: exp.Expression | None, distinct: dict[str, str] | None) -> str:
    """ORDER BY of an aggregate, whose items have to be among the `distinct` arguments."""
    items = []
    for item in order.expressions if order is not None else ():
        _, value = ordering(on, item)
        if distinct is not None and value.sql not in distinct:
            raise failure(
                "EXPRESSION_NOT_IN_DISTINCT",
                item,
                "For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments",
            )
        sql = distinct[value.sql] if distinct is not None else value.sql
        items.append(f"{key_sql(sql, value.type)}{direction(item)}")
    return f" ORDER BY {', '.join(items)}" if items else ""


def _over(
    on: Expressions, node: exp.Anonymous, wrappers: dict[type[exp.Expression], exp.Expression]
) -> tuple[str, tuple[exp.Expression, ...]]:
    if on.clause:
        raise failure(
            "EXPRESSION_NOT_SCALAR",
            node,
            f"{on.clause} cannot contain aggregations, window functions or grouping operations: [{node.sql('trino')}]",
        )
    if exp.Window not in wrappers:
        raise failure("MISSING_OVER", node, f"Window function {node.name.lower()} requires an OVER clause")
    found = window(on, wrappers[exp.Window])
    return f"{_filter(on, wrappers)} OVER {found.sql}", found.columns


def _grouping(on: Expressions, node: exp.Anonymous) -> Value:
    values = on.values(node.expressions)
    return Value(f"CAST(grouping({', '.join(value.sql for value in values)}) AS BIGINT)", BIGINT)
