"""Which functions are Redshift's: the list in functions.toml."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.grammar import function_name
from local_aws.redshift_serverless.warehouse import SYSTEM_SCHEMA

FUNCTIONS_TOML = Path(__file__).with_name("functions.toml")
SYSTEM_RELATIONS = ("pg_", "svv_", "svl_", "svcs_", "stv_", "stl_", "sys_")
SYSTEM_SCHEMAS = {"pg_catalog", "information_schema", SYSTEM_SCHEMA}
LEADER_NODE_ONLY = "ERROR: Specified types or functions (one per INFO message) not supported on Redshift tables."


@dataclass(frozen=True)
class Group:
    """The functions of a chapter of the reference, by what becomes of them."""

    title: str
    works: tuple[str, ...]
    leader_node: tuple[str, ...]
    refused: tuple[str, ...]


def read_groups() -> list[Group]:
    return [
        Group(group["title"], *(tuple(group.get(state, "").split()) for state in ("works", "leader_node", "refused")))
        for group in tomllib.loads(FUNCTIONS_TOML.read_text())["group"]
    ]


GROUPS = read_groups()
LEADER_NODE = frozenset(name for group in GROUPS for name in group.leader_node)
REFUSED = frozenset(name for group in GROUPS for name in group.refused)
KNOWN = frozenset(name for group in GROUPS for name in group.works) | LEADER_NODE


def check_functions(tree: exp.Expr) -> set[str]:
    """The names that Redshift does not have, so that they can only be functions of the user's own.

    Raises UnsupportedSqlError for a function that is missing here, StatementError for one of the leader node beside a
    table.
    """
    names = {name for node in tree.walk() if (name := function_name(node))}
    refused = sorted(names & REFUSED)
    if refused:
        raise UnsupportedSqlError(f"The function {refused[0].upper()}")
    if names & LEADER_NODE and any(_user_tables(tree)):
        raise StatementError(LEADER_NODE_ONLY)
    return names - KNOWN


def _user_tables(tree: exp.Expr) -> Iterator[exp.Table]:
    """The tables that a query reads; rows that are written by a list of values, the leader node computes."""
    if isinstance(tree, exp.Insert | exp.Create):
        written = tree.find(exp.Table)
        if isinstance(tree.expression, exp.Query):
            yield from ([written] if written else [])
        return
    common = {table.alias.lower() for table in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        name = table.name.lower()
        is_system = name.startswith(SYSTEM_RELATIONS) or table.db.lower() in SYSTEM_SCHEMAS
        if isinstance(table.this, exp.Identifier) and name not in common and not is_system:
            yield table
