"""Redshift's reserved words, which are names in double quotes only.

reserved_words.txt is the list of https://docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html. After a dot, and
after AS as the label of a column, Redshift takes the words as they are, as PostgreSQL's grammar does
(growthbook/growthbook 6143: `SELECT timestamp` is refused, `SELECT t.timestamp` is not).
"""

from pathlib import Path

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.sql.tokens import position_of, token_at

RESERVED_WORDS = frozenset(Path(__file__).with_name("reserved_words.txt").read_text().split())


def refuse_reserved_words(tree: exp.Expr, tokens: list[Token]) -> None:
    """Raises StatementError for a name that is a reserved word without quotes.

    :param tree: what the text of the tokens was parsed to
    """
    for identifier in tree.find_all(exp.Identifier):
        offset = identifier.meta.get("start")
        if offset is not None and is_reserved(identifier) and not _is_value(identifier):
            index = token_at(tokens, offset)
            if not _is_label(identifier, tokens[index - 1]):
                raise reserved_word_error(tokens[index])


def check_name(token: Token) -> str:
    """The name that a token is, in lower case as Redshift folds it; raises StatementError for a reserved word."""
    if token.token_type != TokenType.IDENTIFIER and token.text.upper() in RESERVED_WORDS:
        raise reserved_word_error(token)
    return token.text.lower()


def is_reserved(identifier: exp.Identifier) -> bool:
    return not identifier.quoted and identifier.name.upper() in RESERVED_WORDS


def reserved_word_error(token: Token) -> StatementError:
    return StatementError(
        f'ERROR: syntax error at or near "{token.text}"\n'
        f"  Hint: {token.text.upper()} is a reserved word: put the name in double quotes.\n"
        f"  Position: {position_of(token)}"
    )


def _is_value(identifier: exp.Identifier) -> bool:
    """`SET column = DEFAULT`"""
    return identifier.name.upper() == "DEFAULT" and isinstance(identifier.parent, exp.Column)


def _is_label(identifier: exp.Identifier, previous: Token) -> bool:
    is_column_alias = isinstance(identifier.parent, exp.Alias | exp.PivotAlias)
    return previous.token_type == TokenType.DOT or (previous.token_type == TokenType.ALIAS and is_column_alias)
