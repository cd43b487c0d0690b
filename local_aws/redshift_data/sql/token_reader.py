"""Reads tokens one after the other, for the small grammars of COPY and UNLOAD."""

from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.sql.reserved_words import check_name
from local_aws.redshift_data.sql.tokens import words


class TokenReader:
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

    def name(self) -> str:
        return check_name(self.next())

    def identifiers(self) -> tuple[str, ...]:
        """A list in parentheses, in lower case: Redshift folds quoted identifiers too."""
        self.expect("(")
        names = [self.name()]
        while self.accept(","):
            names.append(self.name())
        self.expect(")")
        return tuple(names)
