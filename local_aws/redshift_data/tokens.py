"""Redshift SQL as tokens: for what is decided before, or instead of, parsing a statement."""

from collections.abc import Iterable

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


class TokenReader:
    """Reads tokens one after the other, for the small grammars of COPY and UNLOAD."""

    def __init__(self, statement: str, tokens: list[Token]) -> None:
        self.statement = statement
        self.tokens = tokens
        self.position = 0

    @property
    def current(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    @property
    def word(self) -> str:
        """The current token in upper case; empty at the end."""
        return self.current.text.upper() if self.current else ""

    def next(self) -> Token:
        token = self.current
        if token is None:
            raise StatementError(f"ERROR: syntax error at end of input: {self.statement[:80]}")
        self.position += 1
        return token

    def accept(self, *expected: str) -> bool:
        """Skip these words if they come next."""
        if words(self.tokens[self.position :], len(expected)) != expected:
            return False
        self.position += len(expected)
        return True

    def expect(self, *expected: str) -> None:
        if not self.accept(*expected):
            found = self.current.text if self.current else "end of input"
            raise StatementError(f'ERROR: syntax error at or near "{found}": {" ".join(expected)} is expected')

    def string(self) -> str:
        token = self.next()
        if token.token_type not in {TokenType.STRING, TokenType.HEREDOC_STRING}:
            raise StatementError(f'ERROR: syntax error at or near "{token.text}": a quoted string is expected')
        return token.text

    def integer(self) -> int:
        token = self.next()
        if not token.text.isdigit():
            raise StatementError(f'ERROR: syntax error at or near "{token.text}": a number is expected')
        return int(token.text)

    def identifiers(self) -> tuple[str, ...]:
        """A list in parentheses, in lower case: Redshift folds quoted identifiers too."""
        self.expect("(")
        names = [self.next().text.lower()]
        while self.accept(","):
            names.append(self.next().text.lower())
        self.expect(")")
        return tuple(names)
