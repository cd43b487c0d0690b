"""Redshift SQL as tokens: for what is decided before, or instead of, parsing a statement."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from sqlglot.dialects.redshift import Redshift
from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.exceptions import StatementError


class _RedshiftTokens(Redshift):
    """sqlglot's Redshift with every statement in tokens: its own leaves the rest of a command as one string."""

    class Tokenizer(Redshift.Tokenizer):
        COMMANDS: set[TokenType] = set()  # noqa: RUF012


def tokenize(statement: str) -> list[Token]:
    try:
        return _RedshiftTokens().tokenize(statement)
    except Exception as error:
        raise StatementError(f"ERROR: syntax error in SQL: {error}") from error


def text_of(statement: str, tokens: Iterable[Token]) -> str:
    """The tokens' text as it stands in the statement, one space between two tokens."""
    return " ".join(statement[token.start : token.end + 1] for token in tokens)


def token_at(tokens: list[Token], offset: int) -> int:
    """Index of the token that stands at an offset of `text_of` these tokens."""
    lengths = (token.end + 2 - token.start for token in tokens)
    return bisect_right(list(accumulate(lengths, initial=0)), offset) - 1


def position_of(token: Token) -> int:
    """Where a token begins in the statement, counted from 1 as Redshift counts."""
    return token.start + 1


def words(tokens: Iterable[Token], count: int) -> tuple[str, ...]:
    return tuple(token.text.upper() for token in list(tokens)[:count])


def split_statements(script: str) -> list[str]:
    """The statements of a script, without their semicolons and without empty ones."""
    statements: list[str] = []
    start: int | None = None
    end = 0
    for token in tokenize(script):
        if token.token_type == TokenType.SEMICOLON:
            if start is not None:
                statements.append(script[start : end + 1])
            start = None
            continue
        start = token.start if start is None else start
        end = token.end
    if start is not None:
        statements.append(script[start : end + 1])
    return statements
