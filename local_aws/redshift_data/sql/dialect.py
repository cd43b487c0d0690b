"""From Redshift's SQL to PostgreSQL's, statement by statement."""

from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token

from local_aws.redshift_data.copy.command import CopyCommand, parse_copy, read_table_name
from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.data_types import check_types
from local_aws.redshift_data.sql.functions import check_functions
from local_aws.redshift_data.sql.grammar import RedshiftGrammar
from local_aws.redshift_data.sql.lateral_aliases import put_aliases, referenced_aliases
from local_aws.redshift_data.sql.merge import (
    STAND_IN,
    check_merge,
    read_values,
    removes_duplicates,
    without_duplicates,
)
from local_aws.redshift_data.sql.refusals import refuse_postgresqls_own
from local_aws.redshift_data.sql.reserved_words import check_name, refuse_reserved_words
from local_aws.redshift_data.sql.statements import check_explained, check_statement, syntax_error
from local_aws.redshift_data.sql.table_attributes import without_physical_attributes
from local_aws.redshift_data.sql.table_changes import changes_storage_only, check_alter, name_of_table
from local_aws.redshift_data.sql.token_reader import TokenReader
from local_aws.redshift_data.sql.tokens import text_of, tokenize, words
from local_aws.redshift_data.sql.transforms import to_postgres
from local_aws.redshift_data.unload.command import UnloadCommand, parse_unload
from local_aws.redshift_serverless.warehouse import SYSTEM_SCHEMA

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
    # Functions that only the user can have made.
    user_functions: frozenset[str] = frozenset()
    # Names that are an alias of the same list, if they are no column.
    lateral_aliases: frozenset[str] = frozenset()
    # The table, as its name is written, whose columns it makes or changes.
    changed_table: str | None = None


@dataclass(frozen=True)
class Catalog:
    """What the database has to say of a statement's names."""

    missing_functions: frozenset[str] = frozenset()
    lateral_aliases: frozenset[str] = frozenset()


NOTHING_KNOWN = Catalog()
Operation = Statement | CopyCommand | UnloadCommand


def translate(statement: str, has_parameters: bool = False, catalog: Catalog = NOTHING_KNOWN) -> Operation:
    """What to run for one Redshift statement.

    Raises StatementError for a syntax error, UnsupportedSqlError for what cannot be run here.
    """
    tokens = tokenize(statement)
    check_statement(statement, tokens)
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
        return _explain(statement, tokens, has_parameters, catalog)
    if changes_storage_only(tokens):
        return Statement(f"ALTER TABLE {text_of(statement, name_of_table(tokens))} OWNER TO CURRENT_USER")
    return _parsed(statement, tokens, has_parameters, catalog)


def _explain(statement: str, tokens: list[Token], has_parameters: bool, catalog: Catalog) -> Statement:
    """The words of what is explained stay where they are in the statement, as errors name their places."""
    is_verbose = words(tokens, 2) == ("EXPLAIN", "VERBOSE")
    query = tokens[1 + is_verbose :]
    check_explained(statement, query)
    start = query[0].start
    inner = translate(" " * start + statement[start:], has_parameters, catalog)
    return Statement(
        f"EXPLAIN {'VERBOSE ' if is_verbose else ''}{inner.sql}",
        user_functions=inner.user_functions,
        lateral_aliases=inner.lateral_aliases,
    )


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
    if words(tokens, 2) == ("SHOW", "TABLES"):
        return _show_tables(TokenReader(statement, tokens))
    if len(tokens) == 2:
        return Statement(text_of(statement, tokens))
    raise UnsupportedSqlError(" ".join(words(tokens, 2)))


def _show_tables(reader: TokenReader) -> Statement:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_SHOW_TABLES.html, with the first of its columns."""
    reader.expect("SHOW", "TABLES", "FROM", "SCHEMA")
    database, schema = read_table_name(reader)
    tables = (
        exp.select("table_catalog AS database_name", "table_schema AS schema_name", "table_name", "table_type")
        .from_(exp.to_table(f"{SYSTEM_SCHEMA}.svv_tables"))
        .where(exp.column("table_schema").eq(schema))
        .order_by("table_name")
    )
    if database:
        tables = tables.where(exp.column("table_catalog").eq(database))
    if reader.accept("LIKE"):
        tables = tables.where(exp.column("table_name").like(reader.string()))
    if reader.accept("LIMIT"):
        tables = tables.limit(reader.integer())
    if reader.current:
        raise syntax_error(reader.current)
    return Statement(tables.sql("postgres"), is_query=True)


def _shared(statement: str, tokens: list[Token]) -> Statement:
    if tokens[0].text.upper() in {"GRANT", "REVOKE"}:
        for token in tokens:
            if token.text.upper() not in GRANT_WORDS:
                check_name(token)
    text = text_of(statement, (token for token in tokens if not _is_role_keyword(tokens, token)))
    if words(tokens, 2) == ("SET", "SEARCH_PATH"):
        if words(tokens[3:], 2) == ("DEFAULT",):
            return Statement("RESET search_path")
        text = f"{text}, {SYSTEM_SCHEMA}, pg_catalog"
    return Statement(text)


def _is_role_keyword(tokens: list[Token], token: Token) -> bool:
    """`GRANT … TO ROLE x` names the kind of the grantee, PostgreSQL does not."""
    return tokens[0].text.upper() in {"GRANT", "REVOKE"} and token.text.upper() == "ROLE"


def _parsed(statement: str, tokens: list[Token], has_parameters: bool, catalog: Catalog) -> Statement:
    logical_tokens = without_physical_attributes(tokens)
    tree = _tree(statement, tokens, logical_tokens)
    refuse_reserved_words(tree, logical_tokens)
    refuse_postgresqls_own(tree, tokens)
    check_types(tree, tokens)
    if isinstance(tree, exp.Alter):
        check_alter(tree, tokens)
    if isinstance(tree, exp.Merge):
        check_merge(tree, tokens)
    user_functions = check_functions(tree)
    put_aliases(tree, catalog.lateral_aliases)
    changed_table = _changed_table(tree)
    is_query = isinstance(tree, exp.Query) and not tree.args.get("into")
    if removes_duplicates(tokens):
        tree = without_duplicates(tree)
    return Statement(
        to_postgres(tree, has_parameters, catalog.missing_functions),
        is_query=is_query,
        commits=isinstance(tree, exp.TruncateTable),
        user_functions=frozenset(user_functions),
        lateral_aliases=referenced_aliases(tree),
        changed_table=changed_table.sql("postgres") if changed_table else None,
    )


def _tree(statement: str, tokens: list[Token], logical_tokens: list[Token]) -> exp.Expr:
    text = text_of(statement, logical_tokens)
    if removes_duplicates(tokens):
        text = f"{text_of(statement, logical_tokens[:-2])} {STAND_IN}"
    try:
        trees = [tree for tree in sqlglot.parse(text, read=RedshiftGrammar) if tree is not None]
    except SqlglotError as error:
        raise StatementError(f"ERROR: syntax error: {_description(error)}") from error
    if isinstance(trees[0], exp.Command):
        raise UnsupportedSqlError(" ".join(words(tokens, 2)))
    if isinstance(trees[0], exp.Merge):
        read_values(trees[0])
    return trees[0]


def _changed_table(tree: exp.Expr) -> exp.Table | None:
    """The table whose columns a statement makes or changes."""
    if isinstance(tree, exp.Create) and tree.kind == "TABLE":
        return tree.this.find(exp.Table)
    if isinstance(tree, exp.Alter):
        return tree.this
    into = tree.args.get("into") if isinstance(tree, exp.Select) else None
    return into.this if into else None


def _description(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    return f'{details[0]["description"]} at or near "{details[0]["highlight"]}"' if details else str(error)
