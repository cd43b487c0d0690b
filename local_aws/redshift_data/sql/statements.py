"""Which statements are Redshift's, and which of them run here: the list in statements.toml."""

import tomllib
from pathlib import Path
from typing import Any

from sqlglot.tokens import Token

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.tokens import position_of, words

STATEMENTS_TOML = Path(__file__).with_name("statements.toml")
STATEMENTS: dict[str, Any] = tomllib.loads(STATEMENTS_TOML.read_text())
WORKING: list[str] = STATEMENTS["works"]
REFUSED: list[str] = STATEMENTS["refused"]
POSTGRESQL: dict[str, dict[str, Any]] = STATEMENTS["postgresql"]
# Words between the verb and the kind of thing that it is about.
FILLERS = {"OR", "REPLACE", "TEMP", "TEMPORARY", "LOCAL", "NONATOMIC"}
MOST_WORDS = 4
# https://docs.aws.amazon.com/redshift/latest/dg/r_EXPLAIN.html
EXPLAINED = ("CREATE TABLE", "DELETE", "INSERT", "SELECT", "UPDATE", "WITH")


def check_statement(statement: str, tokens: list[Token]) -> None:
    """Raises StatementError for a statement that Redshift has not, UnsupportedSqlError for one that is missing here."""
    significant = [token for token in tokens[: MOST_WORDS + len(FILLERS)] if token.text.upper() not in FILLERS]
    first = " ".join(words(significant, MOST_WORDS))
    for start, answer in POSTGRESQL.items():
        if _begins(first, start):
            raise _not_redshifts(statement, significant, answer)
    for start in REFUSED:
        if _begins(first, start):
            raise UnsupportedSqlError(start)
    if words(tokens, 2) == ("ALTER", "TABLE") and any(token.text.upper() == "APPEND" for token in tokens[3:6]):
        raise UnsupportedSqlError("ALTER TABLE APPEND")
    if not any(_begins(first, start) for start in (*WORKING, "WITH", "(")):
        is_verb = any(start.startswith(f"{words(tokens, 1)[0]} ") for start in WORKING)
        raise syntax_error(significant[1] if is_verb and len(significant) > 1 else tokens[0])


def check_explained(statement: str, tokens: list[Token]) -> None:
    """Raises StatementError for what is no statement that EXPLAIN takes: these tokens of the statement."""
    words_of_query = [token for token in tokens if token.text != "("]
    if not words_of_query:
        raise StatementError(f"ERROR: syntax error at end of input\n  Position: {len(statement) + 1}")
    significant = [token for token in words_of_query[: 2 + len(FILLERS)] if token.text.upper() not in FILLERS]
    if not any(_begins(" ".join(words(significant, 2)), start) for start in EXPLAINED):
        raise syntax_error(words_of_query[0])


def syntax_error(token: Token) -> StatementError:
    word = token.text.split()[0]
    return StatementError(f'ERROR: syntax error at or near "{word}"\n  Position: {position_of(token)}')


def _begins(first: str, start: str) -> bool:
    return f"{first} ".startswith(f"{start} ")


def _not_redshifts(statement: str, tokens: list[Token], answer: dict[str, Any]) -> StatementError:
    if "message" in answer:
        return StatementError(f"ERROR: {answer['message'].format(statement=statement)}")
    return syntax_error(tokens[answer["word"]])
