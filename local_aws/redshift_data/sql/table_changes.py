"""ALTER TABLE as Redshift has it (developer guide, ALTER TABLE): one change at a time, and few of columns."""

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.sql.data_types import VARCHAR_TYPES
from local_aws.redshift_data.sql.statements import syntax_error
from local_aws.redshift_data.sql.tokens import words

PHYSICAL = {"DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "ENCODE"}


def changes_storage_only(tokens: list[Token]) -> bool:
    """ALTER DISTKEY, SORTKEY, ENCODE and their like: nothing that PostgreSQL has."""
    if words(tokens, 2) != ("ALTER", "TABLE"):
        return False
    rest = [token.text.upper() for token in tokens[3:]]
    return "ALTER" in rest and bool(PHYSICAL & set(rest[rest.index("ALTER") :]))


def name_of_table(tokens: list[Token]) -> list[Token]:
    """The tokens of the name after ALTER TABLE."""
    end = 3
    while end + 1 < len(tokens) and tokens[end].token_type == TokenType.DOT:
        end += 2
    return tokens[2:end]


def check_alter(alter: exp.Alter, tokens: list[Token]) -> None:
    """Raises StatementError for a change that Redshift does not make."""
    actions = alter.args.get("actions") or []
    if len(actions) > 1:
        raise syntax_error(next(token for token in tokens[3:] if token.token_type == TokenType.COMMA))
    for action in actions:
        if isinstance(action, exp.AlterColumn):
            _check_column(action, tokens)


def _check_column(action: exp.AlterColumn, tokens: list[Token]) -> None:
    kind = action.args.get("dtype")
    if kind is None:
        raise syntax_error(next(token for token in reversed(tokens) if token.text.upper() in {"SET", "DROP"}))
    if kind.this not in VARCHAR_TYPES:
        raise StatementError(f'ERROR: target data type "{kind.sql("redshift").lower()}" is not supported')
