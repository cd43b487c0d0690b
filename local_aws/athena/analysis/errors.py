"""Athena's errors about a query, with the place that they speak of."""

from sqlglot import exp

from local_aws.athena.sql.errors import QueryError

SQL = "sql"
_SYMBOLS: dict[type[exp.Expression], tuple[str, ...]] = {
    exp.EQ: ("=",),
    exp.NEQ: ("<>", "!="),
    exp.LT: ("<",),
    exp.LTE: ("<=",),
    exp.GT: (">",),
    exp.GTE: (">=",),
    exp.Add: ("+",),
    exp.Sub: ("-",),
    exp.Mul: ("*",),
    exp.Div: ("/",),
    exp.Mod: ("%",),
    exp.DPipe: ("||",),
}


def failure(name: str, node: exp.Expression | None, message: str) -> QueryError:
    """`name` is Athena's name of the error; the place is that of the node, of an operator its sign."""
    return QueryError(f"{name}: {_place(node)}{message}")


def _place(node: exp.Expression | None) -> str:
    if node is None:
        return ""
    if type(node) in _SYMBOLS and (place := _operator_place(node)):
        return place
    found = [part for part in node.walk() if "line" in part.meta]
    if not found:
        return ""
    meta = min(found, key=lambda part: part.meta["start"]).meta
    return f"line {meta['line']}:{meta['col'] - (meta['end'] - meta['start'])}: "


def _operator_place(node: exp.Binary) -> str:
    text = source(node)
    ends = [part.meta["end"] for part in node.left.walk() if "end" in part.meta]
    if not ends or not text:
        return ""
    places = [place for sign in _SYMBOLS[type(node)] if (place := text.find(sign, max(ends) + 1)) >= 0]
    if not places:
        return ""
    place = min(places)
    return f"line {text.count(chr(10), 0, place) + 1}:{place - text.rfind(chr(10), 0, place)}: "


def source(node: exp.Expression | None) -> str:
    """The SQL that the node was parsed from, as far as the tree still tells."""
    while node is not None:
        if SQL in node.meta:
            return node.meta[SQL]
        node = node.parent
    return ""


def refused(what: str, node: exp.Expression | None = None) -> QueryError:
    """What Athena knows and the local engine does not."""
    return QueryError(f"NOT_SUPPORTED: {_place(node)}{what} is not supported by the local Athena engine")
