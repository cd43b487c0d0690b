"""The declared tables: one TOML file per table, the only place that says which columns it has."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

# Of the Iceberg tables, whoever makes them.
TABLE_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
}
DECLARATIONS = files("lakehouse_contract").joinpath("declarations")


class DeclarationError(ValueError):
    """A declaration that cannot be used; the message names the table, the column and the mend."""


@dataclass(frozen=True)
class Column:
    """A column: its type as Spark and Athena write it, and what it means.

    `is_required`: never NULL. `max_bytes`: the most bytes of UTF-8 that a text may have, which is the width of
    Redshift's column. `pii`: what becomes of a source's column, such as `tokenize` or `mask(4)`; None in tables that
    people query.
    """

    name: str
    type: str
    meaning: str
    is_required: bool = False
    max_bytes: int | None = None
    pii: str | None = None


@dataclass(frozen=True)
class Table:
    """A table, its columns in their order, by which columns it is partitioned, and how a file's rows are sorted.

    `fields` are those of the documents that a source keeps in one column, by their dotted names.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    partition_keys: tuple[str, ...] = ()
    sort_keys: tuple[str, ...] = ()
    fields: tuple[Column, ...] = ()
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})
        for key in (*self.partition_keys, *self.sort_keys):
            if key not in self.by_name:
                raise DeclarationError(f"{self.name}: the key {key!r} is not among the columns: declare it.")

    @property
    def is_source(self) -> bool:
        """Whether it is a raw table, which says what becomes of each column."""
        return all(column.pii for column in self.columns)

    @property
    def types(self) -> dict[str, str]:
        """Type by column name."""
        return {column.name: column.type for column in self.columns}

    @property
    def schema(self) -> str:
        """The columns as a schema of Spark's: `name type, …`."""
        return ", ".join(f"`{column.name}` {column.type}" for column in self.columns)


@cache
def declared_table(name: str) -> Table:
    """The table of a name; raises DeclarationError for one that nobody declared."""
    file = DECLARATIONS.joinpath(f"{name}.toml")
    if not file.is_file():
        raise DeclarationError(f"The table {name} is not declared: add declarations/{name}.toml.")
    return read_table(name, file.read_text())


def declared_tables() -> list[Table]:
    """All tables in the order of their names."""
    names = sorted(file.name.removesuffix(".toml") for file in DECLARATIONS.iterdir() if file.name.endswith(".toml"))
    return [declared_table(name) for name in names]


def read_table(name: str, declaration: str) -> Table:
    """A table from the text of its declaration; raises DeclarationError naming what is missing or not known."""
    content = tomllib.loads(declaration)
    try:
        columns = tuple(_read_column(name, column, entry) for column, entry in content.pop("columns").items())
        fields = tuple(_read_column(name, column, entry) for column, entry in content.pop("fields", {}).items())
        keys = {key: tuple(content.pop(key, ())) for key in ("partition_keys", "sort_keys")}
        table = Table(name=name, meaning=content.pop("meaning"), columns=columns, fields=fields, **keys)
    except KeyError as error:
        raise DeclarationError(f"{name}: the declaration has no {error.args[0]}: add it.") from None
    if content:
        raise DeclarationError(f"{name}: {', '.join(content)} is nothing that a declaration has: remove it.")
    return table


def _read_column(table: str, name: str, entry: Mapping[str, str | int | bool]) -> Column:
    try:
        return Column(name=name, **entry)
    except TypeError as error:
        reason = str(error).removeprefix("Column.__init__() ")
        raise DeclarationError(f"{table}.{name}: the column's declaration is wrong: {reason}.") from None
