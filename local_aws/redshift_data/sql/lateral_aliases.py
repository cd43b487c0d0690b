"""References to an alias in the same list of a SELECT, which PostgreSQL has not.

A column of the tables goes before an alias of its name (developer guide, SELECT list), so an alias is put in its place
only where the database finds no such column.
"""

from collections.abc import Collection, Iterator

from sqlglot import exp


def referenced_aliases(tree: exp.Expr) -> frozenset[str]:
    """The names without a table that are an alias further left in their list."""
    return frozenset(
        column.name.lower()
        for select in tree.find_all(exp.Select)
        for earlier, item in _items(select)
        for column in _own_columns(item)
        if column.name.lower() in earlier
    )


def put_aliases(tree: exp.Expr, names: Collection[str]) -> None:
    """Replace references to these aliases by what they stand for."""
    for select in tree.find_all(exp.Select):
        for earlier, item in _items(select):
            for column in list(_own_columns(item)):
                name = column.name.lower()
                if name in names and name in earlier:
                    column.replace(exp.Paren(this=earlier[name].this.copy()))


def _items(select: exp.Select) -> Iterator[tuple[dict[str, exp.Alias], exp.Expr]]:
    """Each item of the list with the aliases to its left."""
    earlier: dict[str, exp.Alias] = {}
    for item in select.expressions:
        yield dict(earlier), item
        if isinstance(item, exp.Alias):
            earlier[item.alias.lower()] = item


def _own_columns(item: exp.Expr) -> Iterator[exp.Column]:
    """The columns of an item that no subquery of it names."""
    for column in item.find_all(exp.Column):
        if not column.table and column.find_ancestor(exp.Select) is item.parent_select:
            yield column
