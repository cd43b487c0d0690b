"""The names that an expression can use: columns of the tables of its query, and of the queries around it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlglot import exp

from local_aws.athena.analysis.errors import failure
from local_aws.athena.analysis.types import Type, field_names
from local_aws.athena.analysis.values import Value
from local_aws.athena.sql.quoting import quoted, text_literal


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table in a FROM. Names are in lower case; a column without one cannot be named, only shown."""

    relation: str | None
    name: str | None
    type: Type
    sql: str
    label: str | None = None
    is_hidden: bool = False


@dataclass
class FromItem:
    """A table of a FROM: DuckDB's SQL of it, and its columns."""

    sql: str
    fields: list[Field]


@dataclass
class Scope:
    """Columns of one query; `parent` is the scope of the query around it. `tables`: what names of WITH stand for."""

    fields: list[Field] = field(default_factory=list)
    parent: "Scope | None" = None
    tables: dict[str, "Columns"] = field(default_factory=dict)
    variables: dict[str, Value] = field(default_factory=dict)

    def with_variables(self, variables: dict[str, Value]) -> "Scope":
        return replace(self, variables={**self.variables, **variables})

    def table(self, name: str) -> "Columns | None":
        if name in self.tables:
            return self.tables[name]
        return self.parent.table(name) if self.parent else None

    def resolve(self, node: exp.Expression, parts: list[str]) -> Value:
        """The column, or the field of a row in a column, that a dotted name stands for."""
        if found := self._find(node, parts):
            return found
        scope = self.parent
        while scope is not None:
            if outer := scope._find(node, parts):
                return Value(outer.sql, outer.type)
            scope = scope.parent
        raise failure("COLUMN_NOT_FOUND", node, f"Column '{'.'.join(parts)}' cannot be resolved")

    def _find(self, node: exp.Expression, parts: list[str]) -> Value | None:
        names = [part.lower() for part in parts]
        if names[0] in self.variables:
            return _deref(node, self.variables[names[0]], names[1:])
        if len(names) > 1:
            candidates = [known for known in self.fields if known.relation == names[0] and known.name == names[1]]
            if candidates:
                return _deref(node, self._only(node, candidates, parts[1]), names[2:])
        candidates = [known for known in self.fields if known.name == names[0]]
        if not candidates or (len(names) > 1 and candidates[0].type.name != "row"):
            return None
        return _deref(node, self._only(node, candidates, parts[0]), names[1:])

    @staticmethod
    def _only(node: exp.Expression, candidates: list[Field], name: str) -> Value:
        if len(candidates) > 1:
            raise failure("AMBIGUOUS_NAME", node, f"Column '{name}' is ambiguous")
        return Value(candidates[0].sql, candidates[0].type, (node,))


@dataclass(frozen=True)
class Columns:
    """Name in lower case, label and type of each column of a query in a WITH."""

    columns: tuple[tuple[str | None, str | None, Type], ...]


def _deref(node: exp.Expression, value: Value, names: Iterable[str]) -> Value:
    for name in names:
        value = row_field(node, value, name)
    return value


def row_field(node: exp.Expression, value: Value, name: str) -> Value:
    """The field of a row by its name."""
    if value.type.name == "row":
        for held, (own, kind) in zip(field_names(value.type), value.type.arguments, strict=True):
            if own is not None and own.lower() == name.lower():
                return value.of(f"struct_extract({value.sql}, {text_literal(held)})", kind)
    raise failure("COLUMN_NOT_FOUND", node, f"Column '{name}' cannot be resolved")


def column_sql(relation: str, name: str) -> str:
    return f"{quoted(relation)}.{quoted(name)}"
