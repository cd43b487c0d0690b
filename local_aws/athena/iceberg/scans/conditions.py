"""A query's conditions as Iceberg's expressions, which partitions and statistics are compared with.

Only what holds for every row that the query wants is translated; the engine checks every condition once more.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import duckdb
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    NotEqualTo,
    NotIn,
    NotNull,
    Or,
    StartsWith,
)
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
)
from sqlglot import exp

from local_aws.athena.analysis.constants import expression_value
from local_aws.athena.sql.errors import QueryError

Predicate = BooleanExpression | None

_COMPARISONS: dict[type[exp.Expression], Callable[[str, Any], BooleanExpression]] = {
    exp.EQ: EqualTo,
    exp.NEQ: NotEqualTo,
    exp.LT: LessThan,
    exp.LTE: LessThanOrEqual,
    exp.GT: GreaterThan,
    exp.GTE: GreaterThanOrEqual,
}
_SWAPPED = {exp.LT: exp.GT, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.GTE: exp.LTE}
_NEGATED = {exp.EQ: exp.NEQ, exp.NEQ: exp.EQ, exp.LT: exp.GTE, exp.LTE: exp.GT, exp.GT: exp.LTE, exp.GTE: exp.LT}


def row_filter(
    planner: duckdb.DuckDBPyConnection, schema: Schema, conditions: Iterable[exp.Expression]
) -> BooleanExpression:
    """What Iceberg can be asked of these conditions, all of which a row has to meet."""
    translation = _Translation(planner, schema)
    predicates = [translation.predicate(condition) for condition in conditions]
    return reduce(And, [predicate for predicate in predicates if predicate is not None], AlwaysTrue())


class _Translation:
    """Predicates of a schema's top-level columns; None stands for what cannot be said in Iceberg's expressions."""

    def __init__(self, planner: duckdb.DuckDBPyConnection, schema: Schema) -> None:
        self.planner = planner
        self.fields = {field.name.lower(): field for field in schema.fields if field.field_type.is_primitive}

    def predicate(self, node: exp.Expression, is_negated: bool = False) -> Predicate:
        match node:
            case exp.Paren():
                return self.predicate(node.this, is_negated)
            case exp.Not():
                return self.predicate(node.this, not is_negated)
            case exp.And() | exp.Or():
                return self._connected(node, is_negated)
            case exp.Between():
                bounds = exp.And(
                    this=exp.GTE(this=node.this, expression=node.args["low"]),
                    expression=exp.LTE(this=node.this, expression=node.args["high"]),
                )
                return self.predicate(bounds, is_negated)
            case exp.In():
                return self._membership(node, is_negated)
            case exp.Is(expression=exp.Null()):
                field = self._field(node.this)
                return field and (NotNull if is_negated else IsNull)(field.name)
            case exp.Like():
                return None if is_negated else self._prefix(node)
            case exp.Column():
                field = self._field(node)
                is_boolean = field is not None and isinstance(field.field_type, BooleanType)
                return EqualTo(field.name, not is_negated) if is_boolean else None
        if type(node) in _COMPARISONS:
            return self._comparison(node, is_negated)
        return None

    def _connected(self, node: exp.Connector, is_negated: bool) -> Predicate:
        left, right = (self.predicate(side, is_negated) for side in (node.left, node.right))
        if isinstance(node, exp.And) != is_negated:
            return And(left, right) if left and right else left or right
        return Or(left, right) if left and right else None

    def _comparison(self, node: exp.Binary, is_negated: bool) -> Predicate:
        kind, left, right = type(node), node.left, node.right
        if left.find(exp.Column) is None:
            kind, left, right = _SWAPPED.get(kind, kind), right, left
        kind = _NEGATED[kind] if is_negated else kind
        if field := self._field(left):
            value = self._value(right, field.field_type)
            return None if value is None else _COMPARISONS[kind](field.name, value)
        if (field := self._field_by_day(left)) and isinstance(day := self._constant(right), date):
            return _on_day(kind, field, day)
        return None

    def _membership(self, node: exp.In, is_negated: bool) -> Predicate:
        field = self._field(node.this)
        if field is None or not node.expressions:
            return None
        values = [self._value(item, field.field_type) for item in node.expressions]
        return None if None in values else (NotIn if is_negated else In)(field.name, values)

    def _prefix(self, node: exp.Like) -> Predicate:
        field, pattern = self._field(node.this), node.expression
        if field is None or not isinstance(field.field_type, StringType) or not isinstance(pattern, exp.Literal):
            return None
        prefix = pattern.name.partition("%")[0].partition("_")[0]
        return StartsWith(field.name, prefix) if prefix else None

    def _field(self, node: exp.Expression) -> NestedField | None:
        return self.fields.get(node.name.lower()) if isinstance(node, exp.Column) else None

    def _field_by_day(self, node: exp.Expression) -> NestedField | None:
        """The timestamp column of `CAST(moment AS date)` or `date(moment)`."""
        operand = None
        if isinstance(node, exp.Cast) and node.to.is_type("date"):
            operand = node.this
        elif isinstance(node, exp.Anonymous) and node.name.lower() == "date" and len(node.expressions) == 1:
            operand = node.expressions[0]
        field = self._field(operand) if operand is not None else None
        return field if field and isinstance(field.field_type, TimestampType | TimestamptzType) else None

    def _value(self, node: exp.Expression, kind: IcebergType) -> Any:
        constant = self._constant(node)
        return None if constant is None else _as_type(constant, kind)

    def _constant(self, node: exp.Expression) -> Any:
        """The value of an expression without columns; None where it has none, or fails: the engine says why."""
        if node.find(exp.Column, exp.Query):
            return None
        if isinstance(node, exp.Literal):
            return node.name if node.is_string else Decimal(node.name)
        try:
            [[value]] = self.planner.execute(f"SELECT {expression_value(node).sql}").fetchall()
        except (duckdb.Error, QueryError):
            return None
        return value


def _on_day(kind: type[exp.Expression], field: NestedField, day: date) -> Predicate:
    start, end = (_as_type(bound, field.field_type) for bound in (day, day + timedelta(days=1)))
    from_start, before_end = GreaterThanOrEqual(field.name, start), LessThan(field.name, end)
    return {
        exp.EQ: And(from_start, before_end),
        exp.LT: LessThan(field.name, start),
        exp.LTE: before_end,
        exp.GT: GreaterThanOrEqual(field.name, end),
        exp.GTE: from_start,
    }.get(kind)


def _as_type(value: Any, kind: IcebergType) -> Any:
    """The value as one of the column's type, None where that would change it."""
    match kind:
        case BooleanType():
            return value if isinstance(value, bool) else None
        case IntegerType() | LongType():
            return int(value) if _is_number(value) and value == int(value) else None
        case DecimalType():
            return _decimal(value, kind.scale)
        case DoubleType():
            return float(value) if _is_number(value) and Decimal(float(value)) == value else None
        case StringType():
            return value if isinstance(value, str) else None
        case DateType():
            return value if type(value) is date else None
        case TimestampType() | TimestamptzType():
            return _moment(value, UTC if isinstance(kind, TimestamptzType) else None)
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _decimal(value: Any, scale: int) -> Decimal | None:
    if not _is_number(value):
        return None
    exact = Decimal(value)
    rounded = round(exact, scale)
    return rounded if rounded == exact else None


def _moment(value: Any, zone: Any) -> datetime | None:
    if type(value) is date:
        value = datetime.combine(value, time())
    if not isinstance(value, datetime) or (value.tzinfo is not None and zone is None):
        return None
    return value if zone is None else value.replace(tzinfo=value.tzinfo or zone)
