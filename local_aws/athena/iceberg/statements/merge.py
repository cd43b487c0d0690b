"""MERGE as a SELECT: for each pair of rows, or source row without one, which clause applies, and its values.

Source of the rules: Trino documentation, "MERGE": the first clause whose condition holds is applied to a row.
"""

from sqlglot import exp

from local_aws.athena.iceberg.statements.targets import Target, assigned_values
from local_aws.athena.queries.reads import PATH_COLUMN, ROW_POSITION_COLUMN
from local_aws.athena.sql.errors import QueryError, not_supported

MATCHED_DELETE, UPDATED, INSERTED = 1, 2, 3


def merge_clauses(target: Target, merge: exp.Merge) -> list["Clause"]:
    """The WHEN clauses; raises QueryError for one that Athena does not take."""
    return [Clause(target, when) for when in merge.args["whens"].expressions]


def merge_query(merge: exp.Merge, clauses: list["Clause"], kept: list[str]) -> exp.Select:
    """Columns: the target row's path and position (NULL without one), the number of the clause that applies (0 for
    none), the target's `kept` columns, and each clause's values, which are NULL where another one applies.
    """
    name = merge.this.alias_or_name
    path, position = (exp.column(column, name, quoted=True) for column in (PATH_COLUMN, ROW_POSITION_COLUMN))
    matched, unmatched = path.copy().is_(exp.null()).not_(), path.copy().is_(exp.null())
    conditions = [clause.condition(matched if clause.is_matched else unmatched) for clause in clauses]
    numbers = [exp.Literal.number(number) for number in range(1, len(clauses) + 1)]
    values = [exp.column(column, name, quoted=True) for column in kept] + [
        _case(conditions[: place + 1], [exp.null()] * place + [value.copy()], None)
        for place, clause in enumerate(clauses)
        for value in clause.values.values()
    ]
    return (
        exp.select(
            path,
            position,
            exp.alias_(_case(conditions, numbers, exp.Literal.number(0)), "merge_clause"),
            *(exp.alias_(value, f"value_{place}") for place, value in enumerate(values)),
        )
        .from_(merge.args["using"].copy())
        .join(
            merge.this.copy(),
            on=merge.args["on"].copy(),
            join_type="inner" if all(clause.is_matched for clause in clauses) else "left",
        )
    )


def _case(conditions: list[exp.Expression], results: list[exp.Expression], default: exp.Expression | None) -> exp.Case:
    case = exp.Case()
    for condition, result in zip(conditions, results, strict=True):
        case = case.when(condition.copy(), result)
    return case.else_(default) if default is not None else case


class Clause:
    """One WHEN clause. `values`: what it gives columns of the target, by their names."""

    def __init__(self, target: Target, when: exp.When) -> None:
        self.target, self.when = target, when
        self.is_matched = bool(when.args["matched"])
        if when.args.get("source"):
            raise not_supported("WHEN NOT MATCHED BY SOURCE")
        then = when.args["then"]
        self.action = {exp.Update: UPDATED, exp.Insert: INSERTED}.get(type(then), MATCHED_DELETE)
        if self.is_matched == (self.action == INSERTED):
            raise QueryError(
                "SYNTAX_ERROR: line 1:1: WHEN MATCHED takes UPDATE or DELETE, WHEN NOT MATCHED takes INSERT"
            )
        self.values = self._assigned(then)

    def _assigned(self, then: exp.Expression) -> dict[str, exp.Expression]:
        if self.action == UPDATED:
            return assigned_values(self.target, then.expressions)
        return self._inserted(then) if self.action == INSERTED else {}

    def _inserted(self, then: exp.Insert) -> dict[str, exp.Expression]:
        columns = [item.name.lower() for item in then.this.expressions] if then.this else self.target.column_names
        values = then.expression.expressions
        unknown = next((column for column in columns if column not in self.target.column_names), None)
        if unknown is not None:
            raise QueryError(
                f"COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: {unknown}"
            )
        if len(columns) != len(values):
            raise QueryError(
                f"TYPE_MISMATCH: line 1:1: MERGE insert has {len(columns)} columns and {len(values)} values"
            )
        if len(set(columns)) != len(columns):
            raise QueryError("SYNTAX_ERROR: line 1:1: Insert column name is specified more than once")
        return dict(zip(columns, (value.copy() for value in values), strict=True))

    def condition(self, pairing: exp.Expression) -> exp.Expression:
        own = self.when.args.get("condition")
        return exp.and_(pairing, own.copy()) if own is not None else pairing
