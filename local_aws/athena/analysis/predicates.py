"""Conditions: comparisons, AND and OR, IN, BETWEEN, LIKE; and IF and CASE, which choose by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena.analysis.casts import coerced, text_sql
from local_aws.athena.analysis.coercion import common_type
from local_aws.athena.analysis.container_order import between_sql
from local_aws.athena.analysis.equality import equal_sql, membership_sql
from local_aws.athena.analysis.errors import failure
from local_aws.athena.analysis.operators import compared, comparison, is_ordered, single_type
from local_aws.athena.analysis.types import BOOLEAN, Type, row
from local_aws.athena.analysis.values import Value, columns_of, row_sql

if TYPE_CHECKING:
    from local_aws.athena.analysis.expressions import Expressions


def connected(on: Expressions, node: exp.Connector) -> Value:
    word = "AND" if isinstance(node, exp.And) else "OR"
    terms = [on.condition(term, "Logical expression term") for term in node.flatten()]
    return Value(f"({f' {word} '.join(term.sql for term in terms)})", BOOLEAN, columns_of(*terms))


def negation(on: Expressions, node: exp.Not) -> Value:
    value = on.condition(node.this, "Value of logical NOT expression")
    return value.of(f"(NOT {value.sql})", BOOLEAN)


def null_test(on: Expressions, node: exp.Is) -> Value:
    if not isinstance(node.expression, exp.Null):
        raise failure("SYNTAX_ERROR", node, "mismatched input 'IS'. Expecting: IS [NOT] NULL, IS [NOT] DISTINCT FROM")
    value = on.value(node.this)
    return value.of(f"({value.sql} IS NULL)", BOOLEAN)


def compared_values(on: Expressions, node: exp.Binary) -> Value:
    for kind, word in ((exp.All, "ALL"), (exp.Any, "ANY")):
        if isinstance(node.right, kind):
            return _quantified(on, node, word)
    return comparison(node, on.value(node.left), on.value(node.right))


def _quantified(on: Expressions, node: exp.Binary, word: str) -> Value:
    query = node.right.this
    left = on.value(node.left)
    sql, kinds = on.queries.subquery(query.this if isinstance(query, exp.Subquery) else query, on.scope)
    member = _member(kinds)
    comparison(node, left, member)
    one, members = _looked_up(left, member, common_type(left.type, member.type), sql)
    sign = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}[type(node)]
    return left.of(f"({one} {sign} {word} ({members}))", BOOLEAN)


def _member(kinds: list[Type]) -> Value:
    """What a row of a subquery is compared as: its only column, or a row of its columns."""
    columns = [f"c{place}" for place in range(len(kinds))]
    kind = row(*((None, kind) for kind in kinds)) if len(kinds) > 1 else kinds[0]
    return Value(row_sql(kind, columns) if len(kinds) > 1 else columns[0], kind)


def _looked_up(value: Value, member: Value, common: Type, sql: str) -> tuple[str, str]:
    """A value and the subquery of the values that it is compared with, both of the common type."""
    one, other = compared(common, value, member)
    return one, sql if other == "c0" else f"SELECT {other} FROM ({sql})"  # noqa: S608 - translated


def between(on: Expressions, node: exp.Between) -> Value:
    values = [on.value(node.this), on.value(node.args["low"]), on.value(node.args["high"])]
    if node.args.get("symmetric") is not None:
        raise failure("SYNTAX_ERROR", node, "mismatched input 'SYMMETRIC'")
    kinds = [value.type for value in values]
    refusal = f"Cannot check if {kinds[0]} is BETWEEN {kinds[1]} and {kinds[2]}"
    common = single_type(values, node, "", lambda *_: refusal)
    if not is_ordered(common):
        raise failure("TYPE_MISMATCH", node, refusal)
    one, low, high = compared(common, *values)
    sql = between_sql(one, low, high, common) if common.is_container else f"({one} BETWEEN {low} AND {high})"
    return Value(sql, BOOLEAN, columns_of(*values))


def membership(on: Expressions, node: exp.In) -> Value:
    """A list is compared value by value. A subquery's values are looked up, and so a row of them with a NULL in it is
    found by one with a NULL in its place: Trino's ChannelSet finds what is not distinct, and only since lately leaves
    such a find unknown.
    """
    if node.args.get("unnest") or node.args.get("field"):
        raise failure("SYNTAX_ERROR", node, "mismatched input 'IN'. Expecting: a list or a query in parentheses")
    value = on.value(node.this)
    query = node.args["query"].this if node.args.get("query") else None
    # The parser takes VALUES as a value of a list.
    if len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Values):
        query = node.expressions[0]
    if query is not None:
        sql, kinds = on.queries.subquery(query, on.scope)
        member = _member(kinds)
        common = single_type(
            [value, member],
            node,
            "",
            lambda left, right: f"Value expression and result of subquery must be of the same type: {left} vs {right}",
        )
        one, members = _looked_up(value, member, common, sql)
        return value.of(f"({one} IN ({members}))", BOOLEAN)
    items = on.values(node.expressions)
    common = single_type([value, *items], node, "IN value and list items")
    one, *others = compared(common, value, *items)
    found = f"{one} IN ({', '.join(others)})"
    if common.is_container:
        found = membership_sql(one, others, common)
    return Value(f"({found})", BOOLEAN, columns_of(value, *items))


def like(on: Expressions, node: exp.Like, escape: exp.Expression | None = None) -> Value:
    value, pattern = on.value(node.this), on.value(node.expression)
    for given, what in ((value, "Left side of LIKE expression"), (pattern, "Pattern for LIKE expression")):
        if given.type.name not in {"varchar", "char", "unknown"}:
            raise failure("TYPE_MISMATCH", node, f"{what} must evaluate to a varchar (actual: {given.type})")
    end = f" ESCAPE {on.value(escape).sql}" if escape is not None else ""
    text = text_sql(value.sql, value.type) if value.type.is_text else "CAST(NULL AS VARCHAR)"
    return Value(f"({text} LIKE {pattern.sql}{end})", BOOLEAN, columns_of(value, pattern))


def escaped_like(on: Expressions, node: exp.Escape) -> Value:
    if not isinstance(node.this, exp.Like):
        raise failure("SYNTAX_ERROR", node, "mismatched input 'ESCAPE'")
    return like(on, node.this, node.expression)


def if_value(on: Expressions, node: exp.If) -> Value:
    condition = on.condition(node.this, "IF condition")
    results = on.values(part for part in (node.args["true"], node.args.get("false")) if part is not None)
    common = single_type(
        results, node, "", lambda *kinds: f"Result types for IF must be the same: {kinds[0]}, {kinds[1]}"
    )
    sqls = [coerced(result.sql, result.type, common) for result in results] + ["NULL"]
    return Value(
        f"(CASE WHEN {condition.sql} THEN {sqls[0]} ELSE {sqls[1]} END)", common, columns_of(condition, *results)
    )


def case(on: Expressions, node: exp.Case) -> Value:
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
    return Value(equal_sql(one, other, common), BOOLEAN)
