"""Redshift's physical table attributes, which PostgreSQL has not: distribution, sort order, encoding, backup."""

from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.sql.table_keys import check_keys
from local_aws.redshift_data.sql.tokens import words

# Attribute -> whether a word (its value) always follows.
COLUMN_ATTRIBUTES = {"ENCODE": True, "DISTKEY": False, "SORTKEY": False}
TABLE_ATTRIBUTES = COLUMN_ATTRIBUTES | {"DISTSTYLE": True, "BACKUP": True, "COMPOUND": False, "INTERLEAVED": False}


def without_physical_attributes(tokens: list[Token]) -> list[Token]:
    """The tokens of a CREATE TABLE or ALTER TABLE ADD COLUMN without those attributes; of others, as they are."""
    is_create = words(tokens, 1) == ("CREATE",) and "TABLE" in words(tokens, 5)
    is_alter = words(tokens, 2) == ("ALTER", "TABLE")
    if not is_create and not is_alter:
        return tokens
    end = _end_of_definition(tokens) if is_create else len(tokens)
    if is_create:
        check_keys(tokens[:end])
    kept: list[Token] = []
    position = 0
    while position < end:
        length = _attribute_length(tokens, position)
        if not length:
            kept.append(tokens[position])
        position += length or 1
    return kept + tokens[end:]


def _end_of_definition(tokens: list[Token]) -> int:
    """Where the query of a CREATE TABLE … AS begins."""
    depth = 0
    for position, token in enumerate(tokens):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 0 and token.text.upper() == "AS":
            return position
    return len(tokens)


def _attribute_length(tokens: list[Token], position: int) -> int:
    """Number of tokens of the attribute at this position; 0 if there is none."""
    token = tokens[position]
    word = token.text.upper()
    is_first_in_list = tokens[position - 1].token_type in {TokenType.L_PAREN, TokenType.COMMA}
    if word not in TABLE_ATTRIBUTES or is_first_in_list or token.token_type in {TokenType.IDENTIFIER, TokenType.STRING}:
        return 0
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    if TABLE_ATTRIBUTES[word] or (word == "SORTKEY" and following and following.text.upper() in {"AUTO", "NONE"}):
        return 2
    if word in {"DISTKEY", "SORTKEY"} and following and following.token_type == TokenType.L_PAREN:
        closing = next(index for index in range(position, len(tokens)) if tokens[index].token_type == TokenType.R_PAREN)
        return closing - position + 1
    return 1
