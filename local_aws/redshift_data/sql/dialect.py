"""From Redshift's SQL to PostgreSQL's, statement by statement."""

from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token

from local_aws.redshift_data.copy.command import CopyCommand, parse_copy
from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.reserved_words import check_name, refuse_reserved_words
from local_aws.redshift_data.sql.table_attributes import without_physical_attributes
from local_aws.redshift_data.sql.tokens import text_of, tokenize, words
from local_aws.redshift_data.sql.transforms import to_postgres
from local_aws.redshift_data.unload.command import UnloadCommand, parse_unload
from local_aws.redshift_serverless.warehouse import SYSTEM_SCHEMA

UNSUPPORTED_STARTS = (
    ("ALTER", "TABLE", "APPEND"),
    ("ANALYZE", "COMPRESSION"),
    ("BEGIN",),
    ("COMMIT",),
    ("CREATE", "DATABASE"),
    ("CREATE", "DATASHARE"),
    ("CREATE", "EXTERNAL"),
    ("CREATE", "LIBRARY"),
    ("CREATE", "MODEL"),
    ("DROP", "DATABASE"),
    ("END",),
    ("PREPARE",),
    ("ROLLBACK",),
    ("START",),
)
# Statements whose syntax the two share.
SHARED_STARTS = {"CALL", "GRANT", "LOCK", "RESET", "REVOKE", "SET"}
SHARED_DEFINITIONS = {"USER", "GROUP", "ROLE"}
# The reserved words that are part of the grammar of GRANT and REVOKE; any other is a name.
GRANT_WORDS = {
    "ALL", "CREATE", "FOR", "FROM", "GRANT", "GROUP", "IN", "ON", "REFERENCES", "SELECT", "TABLE", "TO", "USER", "WITH"
}  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """A statement for PostgreSQL; named parameters are in psycopg's form when there are any."""

    sql: str
    # Rows can be read through a cursor on the server.
    is_query: bool = False
    # Redshift's TRUNCATE commits the transaction that it runs in.
    commits: bool = False
    # PostgreSQL runs it outside transactions only, as Redshift does.
    is_outside_transactions: bool = False


Operation = Statement | CopyCommand | UnloadCommand


def translate(statement: str, has_parameters: bool = False) -> Operation:
    """What to run for one Redshift statement.

    Raises StatementError for a syntax error, UnsupportedSqlError for what cannot be run here.
    """
    tokens = tokenize(statement)
    _check_supported(tokens)
    first = tokens[0].text.upper()
    if first == "COPY":
        return parse_copy(statement, tokens)
    if first == "UNLOAD":
        return parse_unload(statement, tokens)
    if first == "VACUUM":
        return _vacuum(statement, tokens)
    if first == "SHOW":
        return _show(statement, tokens)
    if first in SHARED_STARTS or words(tokens, 2)[-1] in SHARED_DEFINITIONS:
        return _shared(statement, tokens)
    if first == "EXPLAIN":
        inner = translate(text_of(statement, tokens[1:]), has_parameters)
        if not isinstance(inner, Statement):
            raise UnsupportedSqlError(f"EXPLAIN {tokens[1].text.upper()}")
        return Statement(f"EXPLAIN {inner.sql}")
    return _parsed(statement, tokens, has_parameters)


def _check_supported(tokens: list[Token]) -> None:
    if words(tokens, 2) == ("ALTER", "TABLE") and any(token.text.upper() == "APPEND" for token in tokens[3:6]):
        raise UnsupportedSqlError("ALTER TABLE APPEND")
    for start in UNSUPPORTED_STARTS:
        if words(tokens, len(start)) == start:
            raise UnsupportedSqlError(" ".join(start))


def _vacuum(statement: str, tokens: list[Token]) -> Statement:
    """VACUUM of the named table: PostgreSQL's own reclaims space; it sorts nothing, as there is no sort key."""
    options = {"FULL", "SORT", "DELETE", "ONLY", "REINDEX", "RECLUSTER", "BOOST"}
    rest = [token for token in tokens[1:] if token.text.upper() not in options]
    if any(token.text.upper() == "TO" for token in rest):
        rest = rest[: [token.text.upper() for token in rest].index("TO")]
    for token in rest:
        check_name(token)
    return Statement(f"VACUUM {text_of(statement, rest)}".strip(), is_outside_transactions=True)


def _show(statement: str, tokens: list[Token]) -> Statement:
    if words(tokens, 4)[:3] == ("SHOW", "TABLES", "FROM"):
        tables = (
            exp.select("table_catalog AS database_name", "table_schema AS schema_name", "table_name", "table_type")
            .from_(exp.to_table(f"{SYSTEM_SCHEMA}.svv_tables"))
            .where(exp.column("table_schema").eq(tokens[-1].text.lower()))
            .order_by("table_name")
        )
        return Statement(tables.sql("postgres"), is_query=True)
    if len(tokens) == 2:
        return Statement(text_of(statement, tokens))
    raise UnsupportedSqlError(" ".join(words(tokens, 2)))


def _shared(statement: str, tokens: list[Token]) -> Statement:
    if tokens[0].text.upper() in {"GRANT", "REVOKE"}:
        for token in tokens:
            if token.text.upper() not in GRANT_WORDS:
                check_name(token)
    text = text_of(statement, (token for token in tokens if not _is_role_keyword(tokens, token)))
    if words(tokens, 2) == ("SET", "SEARCH_PATH"):
        text = f"{text}, {SYSTEM_SCHEMA}"
    return Statement(text)


def _is_role_keyword(tokens: list[Token], token: Token) -> bool:
    """`GRANT … TO ROLE x` names the kind of the grantee, PostgreSQL does not."""
    return tokens[0].text.upper() in {"GRANT", "REVOKE"} and token.text.upper() == "ROLE"


def _parsed(statement: str, tokens: list[Token], has_parameters: bool) -> Statement:
    logical_tokens = without_physical_attributes(tokens)
    text = text_of(statement, logical_tokens)
    try:
        trees = [tree for tree in sqlglot.parse(text, read="redshift") if tree is not None]
    except SqlglotError as error:
        raise StatementError(f"ERROR: syntax error: {_description(error)}") from error
    tree = trees[0]
    if isinstance(tree, exp.Command):
        raise UnsupportedSqlError(" ".join(words(tokens, 2)))
    refuse_reserved_words(tree, logical_tokens)
    return Statement(
        to_postgres(tree, has_parameters),
        is_query=isinstance(tree, exp.Query) and not tree.args.get("into"),
        commits=isinstance(tree, exp.TruncateTable),
    )


def _description(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    return f'{details[0]["description"]} at or near "{details[0]["highlight"]}"' if details else str(error)
