"""Windows: what stands in the parentheses of OVER, and in those of the WINDOW clause that it may name or build on.

Source of rules and messages: resolveWindowSpecification of Trino's StatementAnalyzer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena.analysis.errors import failure
from local_aws.athena.analysis.ordering import ordering
from local_aws.athena.analysis.values import columns_of

if TYPE_CHECKING:
    from local_aws.athena.analysis.expressions import Expressions


@dataclass(frozen=True, slots=True)
class Window:
    """DuckDB's SQL of each part; `columns`: those that differ within a group of rows."""

    partition: str = ""
    order: str = ""
    frame: str = ""
    columns: tuple[exp.Expression, ...] = ()

    @property
    def sql(self) -> str:
        return f"({' '.join(filter(None, (self.partition, self.order, self.frame)))})"


def named_windows(on: Expressions, definitions: list[exp.Window]) -> None:
    """Make the windows of a WINDOW clause known; each may build on those before it."""
    for definition in definitions:
        name = definition.this
        if _key(name) in on.windows:
            raise failure("DUPLICATE_WINDOW_NAME", name, f"WINDOW name '{name.name}' specified more than once")
        if _is_reference(definition):
            raise failure("SYNTAX_ERROR", definition.args["alias"], "mismatched input. Expecting: '('")
        on.windows[_key(name)] = window(on, definition)


def window(on: Expressions, node: exp.Window) -> Window:
    """The window of an OVER or of a definition in the WINDOW clause."""
    base = node.args.get("alias")
    existing = _existing(on, base) if base is not None else Window()
    if _is_reference(node):
        return existing
    partition, order, spec = node.args.get("partition_by"), node.args.get("order"), node.args.get("spec")
    if base is not None:
        _check_extended(node, existing)
    parts = on.values(partition or [])
    ordered = [ordering(on, item) for item in order.expressions] if order is not None else []
    return Window(
        f"PARTITION BY {', '.join(part.sql for part in parts)}" if parts else existing.partition,
        f"ORDER BY {', '.join(sql for sql, _ in ordered)}" if ordered else existing.order,
        _frame(on, spec) if spec is not None else "",
        existing.columns + columns_of(*parts, *(value for _, value in ordered)),
    )


def _is_reference(node: exp.Window) -> bool:
    """Whether it is `OVER w`, without parentheses: the window itself, not one built on it."""
    return "partition_by" not in node.args


def _key(name: exp.Identifier) -> str:
    """By which names are compared: those without quotes are as good as written in capitals."""
    return name.name if name.args.get("quoted") else name.name.upper()


def _existing(on: Expressions, name: exp.Identifier) -> Window:
    found = on.windows.get(_key(name))
    if found is None:
        raise failure("INVALID_WINDOW_REFERENCE", name, f"Cannot resolve WINDOW name {name.sql('trino')}")
    return found


def _check_extended(node: exp.Window, existing: Window) -> None:
    if partition := node.args.get("partition_by"):
        raise failure(
            "INVALID_PARTITION_BY",
            partition[0],
            "WINDOW specification with named WINDOW reference cannot specify PARTITION BY",
        )
    if node.args.get("order") is not None and existing.order:
        raise failure(
            "INVALID_ORDER_BY",
            node.args["order"],
            "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY",
        )
    if existing.frame:
        raise failure(
            "INVALID_WINDOW_REFERENCE",
            node.args["alias"],
            "Cannot reference named WINDOW containing frame specification",
        )


def _frame(on: Expressions, spec: exp.WindowSpec) -> str:
    if spec.args.get("exclude"):
        raise failure("SYNTAX_ERROR", spec, "mismatched input 'EXCLUDE'. Expecting: ')'")
    bounds = []
    for side in ("start", "end"):
        bound = spec.args.get(side)
        if bound is None:
            continue
        what = bound if isinstance(bound, str) else on.value(bound).sql
        bounds.append(f"{what} {spec.args.get(f'{side}_side') or ''}".strip())
    kind = spec.args.get("kind") or "ROWS"
    return f"{kind} BETWEEN {bounds[0]} AND {bounds[1] if len(bounds) > 1 else 'CURRENT ROW'}"
