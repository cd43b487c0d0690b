"""The limits of distribution and sort keys (developer guide, CREATE TABLE: DISTSTYLE, DISTKEY, SORTKEY)."""

from itertools import pairwise

from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.exceptions import StatementError

MOST_SORT_COLUMNS = {"COMPOUND": 400, "INTERLEAVED": 8}


def check_keys(definition: list[Token]) -> None:
    """Raises StatementError for keys that Redshift does not take.

    :param definition: the tokens of a CREATE TABLE, without its query
    """
    columns = _columns(definition)
    distribution = _keys(definition, "DISTKEY")
    if sum(max(len(key), 1) for _, key in distribution) > 1:
        raise StatementError("ERROR: Only one column of a table can be its DISTKEY")
    style = _style(definition)
    if style == "KEY" and not distribution:
        raise StatementError("ERROR: DISTSTYLE KEY requires a DISTKEY")
    if style in {"ALL", "EVEN"} and distribution:
        raise StatementError(f"ERROR: DISTSTYLE {style} can not have a DISTKEY")
    sorting = _keys(definition, "SORTKEY")
    if len({bool(key) for _, key in sorting}) > 1 or sum(bool(key) for _, key in sorting) > 1:
        raise StatementError("ERROR: A table has one SORTKEY: of a column, or of the table")
    for position, key in sorting:
        kind = "INTERLEAVED" if definition[position - 1].text.upper() == "INTERLEAVED" else "COMPOUND"
        if len(key) > MOST_SORT_COLUMNS[kind]:
            raise StatementError(
                f"ERROR: {kind} SORTKEY has {len(key)} columns, at most {MOST_SORT_COLUMNS[kind]} are allowed"
            )
    for _, key in [*distribution, *sorting]:
        missing = [name for name in key if columns and name not in columns]
        if missing:
            raise StatementError(f'ERROR: column "{missing[0]}" named in key does not exist')


def _keys(definition: list[Token], word: str) -> list[tuple[int, tuple[str, ...]]]:
    """Where such a key is named, and its columns; none for the attribute of a column."""
    found = []
    for position, token in enumerate(definition):
        if token.text.upper() != word or token.token_type in {TokenType.IDENTIFIER, TokenType.STRING}:
            continue
        following = definition[position + 1] if position + 1 < len(definition) else None
        if following is not None and following.text.upper() in {"AUTO", "NONE"}:
            continue
        has_list = following is not None and following.token_type == TokenType.L_PAREN
        found.append((position, _names(definition[position + 2 :]) if has_list else ()))
    return found


def _names(tokens: list[Token]) -> tuple[str, ...]:
    names = []
    for token in tokens:
        if token.token_type == TokenType.R_PAREN:
            break
        if token.token_type != TokenType.COMMA:
            names.append(token.text.lower())
    return tuple(names)


def _style(definition: list[Token]) -> str | None:
    for token, following in pairwise(definition):
        if token.text.upper() == "DISTSTYLE" and token.token_type != TokenType.IDENTIFIER:
            return following.text.upper()
    return None


def _columns(definition: list[Token]) -> set[str]:
    """The names that begin an item of the table's list; none where it is like another table, or has no list."""
    names: set[str] = set()
    depth = 0
    for token, following in pairwise(definition):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 1 and token.token_type in {TokenType.L_PAREN, TokenType.COMMA}:
            names.add(following.text.lower())
        if depth == 0 and names:
            break
    is_open = "like" in names or any(token.text.upper() in {"DISTKEY", "SORTKEY"} for token in definition[:5])
    return set() if is_open else names
