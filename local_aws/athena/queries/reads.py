"""What a query reads: the columns of each table and the conditions on its partitions.

Works on a qualified copy of the statement; the statement itself stays as it was written.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from local_aws.athena.analysis.signatures import AGGREGATE, signatures
from local_aws.athena.catalog.tables import Column

PATH_COLUMN = "$path"
# Of Iceberg tables, for statements that change rows: the number of a row in its file.
ROW_POSITION_COLUMN = "$row_position"
_VOLATILE = {"rand", "random", "uuid", "shuffle"}
HIDDEN_COLUMNS = {PATH_COLUMN, ROW_POSITION_COLUMN}


@dataclass
class Reads:
    """What one reference to a table needs. `conditions` use bare column names; None columns means all of them."""

    columns: set[str] | None = None
    conditions: list[exp.Expression] = field(default_factory=list)


class Source(Protocol):
    """What a query can read."""

    @property
    def all_columns(self) -> tuple[Column, ...]: ...


def find_reads(statement: exp.Expression, scans: Mapping[str, Source]) -> dict[str, Reads]:
    """What a query whose tables have been renamed to scan names reads of each; all where it cannot be told."""
    schema = {
        scan: {column.name: column.hive_type for column in table.all_columns}
        | {PATH_COLUMN: "string", ROW_POSITION_COLUMN: "bigint"}
        for scan, table in scans.items()
    }
    reads = {scan: Reads() for scan in scans}
    if not scans:
        return reads
    try:
        qualified = qualify(
            statement.copy(),
            schema=_typed(schema),
            dialect="athena",
            validate_qualify_columns=False,
            quote_identifiers=False,
        )
        for scan, conditions in _conditions_by_scan(qualified).items():
            reads[scan].conditions = conditions
        for scan, columns in _columns_by_scan(pushdown_projections(qualified)).items():
            reads[scan].columns = columns
    except SqlglotError:
        return {scan: Reads() for scan in scans}
    return reads


def _typed(schema: dict[str, dict[str, str]]) -> dict[str, dict[str, exp.DataType]]:
    return {
        scan: {name: exp.DataType.build(kind, dialect="hive") for name, kind in columns.items()}
        for scan, columns in schema.items()
    }


def _columns_by_scan(qualified: exp.Expression) -> dict[str, set[str]]:
    columns: dict[str, set[str]] = defaultdict(set)
    for scope in traverse_scope(qualified):
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                columns[source.name] |= set()
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                columns[source.name].add(column.name.lower())
    return columns


def _conditions_by_scan(qualified: exp.Expression) -> dict[str, list[exp.Expression]]:
    """Conditions that must hold for every row that a scan contributes, carried down through subqueries and CTEs."""
    scopes = traverse_scope(qualified)
    uses = Counter(id(source) for scope in scopes for _, source in scope.selected_sources.values())
    incoming: dict[int, list[exp.Expression]] = defaultdict(list)
    found: dict[str, list[exp.Expression]] = defaultdict(list)
    for scope in reversed(scopes):
        for source, condition in _carried(scope, incoming[id(scope)]):
            if isinstance(source, exp.Table):
                found[source.name].append(condition)
            elif uses[id(source)] == 1:
                incoming[id(source)].append(condition)
    return found


def _carried(scope: Scope, incoming: list[exp.Expression]) -> Iterator[tuple[Any, exp.Expression]]:
    """Pairs of a source of this scope and a condition on it alone."""
    expression = scope.expression
    if isinstance(expression, exp.SetOperation):
        for branch in scope.set_operation_scopes:
            names = dict(zip(expression.named_selects, branch.expression.named_selects, strict=False))
            yield from ((branch, _renamed(condition, names)) for condition in incoming)
        return
    if not isinstance(expression, exp.Select):
        return
    conditions = [*_own_conditions(expression), *_mapped(expression, incoming)]
    nullable = _null_supplied(expression)
    for name, (_, source) in scope.selected_sources.items():
        if name not in nullable:
            yield from ((source, _bare(condition)) for condition in conditions if _tables(condition) == {name})


def _own_conditions(select: exp.Select) -> Iterator[exp.Expression]:
    where = select.args.get("where")
    inner_joins = [join.args["on"] for join in select.args.get("joins") or [] if join.args.get("on") and not join.side]
    for condition in ([where.this] if where else []) + inner_joins:
        yield from (
            (part for part in condition.unnest().flatten() if part) if isinstance(condition, exp.And) else [condition]
        )


def _mapped(select: exp.Select, incoming: Iterable[exp.Expression]) -> Iterator[exp.Expression]:
    """Conditions on the output of a select, in terms of its input; those that cannot be moved are left out."""
    if any(select.args.get(part) for part in ("limit", "offset")) or select.find(exp.Window, exp.Explode, exp.Unnest):
        return
    group = select.args.get("group")
    grouped = None if group is None else {item.sql() for item in group.expressions}
    if grouped is None and any(map(_has_aggregate, select.selects)):
        return
    outputs = {projection.alias_or_name.lower(): projection.unalias() for projection in select.selects}
    for condition in incoming:
        inputs = [outputs.get(column.name.lower()) for column in condition.find_all(exp.Column)]
        if all(isinstance(source, exp.Column) and (grouped is None or source.sql() in grouped) for source in inputs):
            yield condition.copy().transform(lambda node: outputs[node.name.lower()].copy() if _is_bare(node) else node)


def _has_aggregate(projection: exp.Expression) -> bool:
    calls = projection.find_all(exp.Anonymous)
    return any(known.kind == AGGREGATE for call in calls for known in signatures(call.name.lower())[:1])


def _is_bare(node: exp.Expression) -> bool:
    return isinstance(node, exp.Column) and not node.table


def _null_supplied(select: exp.Select) -> set[str]:
    """Sources whose columns an outer join may fill with NULL: a condition on them does not restrict their rows."""
    nullable: set[str] = set()
    seen = {select.args["from_"].this.alias_or_name} if select.args.get("from_") else set()
    for join in select.args.get("joins") or []:
        if join.side in {"RIGHT", "FULL"}:
            nullable |= seen
        if join.side in {"LEFT", "FULL"}:
            nullable.add(join.this.alias_or_name)
        seen.add(join.this.alias_or_name)
    return nullable


def _tables(condition: exp.Expression) -> set[str]:
    is_volatile = any(call.name.lower() in _VOLATILE for call in condition.find_all(exp.Anonymous))
    if is_volatile or condition.find(exp.Query, exp.Placeholder):
        return set()
    return {column.table for column in condition.find_all(exp.Column)}


def _bare(condition: exp.Expression) -> exp.Expression:
    return condition.copy().transform(
        lambda node: exp.column(node.this.copy()) if isinstance(node, exp.Column) else node
    )


def _renamed(condition: exp.Expression, names: dict[str, str]) -> exp.Expression:
    return condition.copy().transform(
        lambda node: exp.column(names.get(node.name, node.name)) if isinstance(node, exp.Column) else node
    )
