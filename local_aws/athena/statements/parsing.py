"""Statements and their kinds: the SQL that a user sends, taken apart once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token, TokenType

from local_aws.athena.sql.errors import QueryError, not_supported, syntax_error
from local_aws.athena.sql.parser import AthenaSQL
from local_aws.athena.statements.names import HIVE_NAME, PARTITION_SPEC


class StatementType(StrEnum):
    DDL = "DDL"
    DML = "DML"
    UTILITY = "UTILITY"


@dataclass(frozen=True)
class Statement:
    """`kind` is Athena's SubstatementType. `expression` is None for what only the text tells (SHOW, MSCK, …)."""

    kind: str
    statement_type: StatementType
    text: str
    expression: exp.Expression | None = None


_UTILITY_KINDS = {
    "SHOW_TABLES": r"SHOW\s+TABLES\b",
    "SHOW_VIEWS": r"SHOW\s+VIEWS\b",
    "SHOW_COLUMNS": r"SHOW\s+COLUMNS\b",
    "SHOW_PARTITIONS": r"SHOW\s+PARTITIONS\b",
    "SHOW_DATABASES": r"SHOW\s+(?:DATABASES|SCHEMAS)\b",
    "SHOW_TBLPROPERTIES": r"SHOW\s+TBLPROPERTIES\b",
    "SHOW_CREATE_TABLE": r"SHOW\s+CREATE\s+TABLE\b",
    "SHOW_CREATE_VIEW": r"SHOW\s+CREATE\s+VIEW\b",
    "DESCRIBE_TABLE": r"DESC(?:RIBE)?\s",
    "EXPLAIN": r"EXPLAIN\s",
}
_ALTERED = rf"ALTER\s+TABLE\s+(?:{HIVE_NAME}|\S+)\s+"
_PARTITION = rf"{PARTITION_SPEC}\s*"
_ALTERATIONS = {
    "ALTER_TABLE_ADD_COLUMNS": r"ADD\s+COLUMNS",
    "ALTER_TABLE_CHANGE_COLUMN": "CHANGE",
    "ALTER_TABLE_DROP_COLUMN": r"DROP\s+COLUMN",
    "ALTER_TABLE_REPLACE_COLUMNS": r"REPLACE\s+COLUMNS",
    "ALTER_TABLE_SET_TBLPROPERTIES": r"SET\s+TBLPROPERTIES",
    "ALTER_TABLE_UNSET_TBLPROPERTIES": r"UNSET\s+TBLPROPERTIES",
    "ALTER_TABLE_SET_LOCATION": r"SET\s+LOCATION",
    "ALTER_TABLE_RENAME": r"RENAME\s+TO",
}
_TEXT_KINDS = {
    **{kind: (pattern, StatementType.UTILITY) for kind, pattern in _UTILITY_KINDS.items()},
    "MSCK_REPAIR": (r"MSCK\s+REPAIR\s+TABLE\b", StatementType.DDL),
    "CREATE_DATABASE": (r"CREATE\s+(?:DATABASE|SCHEMA)\b", StatementType.DDL),
    "DROP_DATABASE": (r"DROP\s+(?:DATABASE|SCHEMA)\b", StatementType.DDL),
    "ALTER_DATABASE_SET_DBPROPERTIES": (
        r"ALTER\s+(?:DATABASE|SCHEMA)\s+\S+\s+SET\s+DBPROPERTIES\b",
        StatementType.DDL,
    ),
    "ALTER_TABLE_ADD_PARTITION": (rf"{_ALTERED}ADD\s+(?:IF\s+NOT\s+EXISTS\s+)?PARTITION\b", StatementType.DDL),
    "ALTER_TABLE_DROP_PARTITION": (rf"{_ALTERED}DROP\s+(?:IF\s+EXISTS\s+)?PARTITION\b", StatementType.DDL),
    "ALTER_TABLE_RENAME_PARTITION": (rf"{_ALTERED}{_PARTITION}RENAME\s+TO\s+PARTITION\b", StatementType.DDL),
    **{kind: (rf"{_ALTERED}(?:{_PARTITION})?{action}\b", StatementType.DDL) for kind, action in _ALTERATIONS.items()},
    "OPTIMIZE": (r"OPTIMIZE\s", StatementType.DML),
    "VACUUM": (r"VACUUM\s", StatementType.DML),
    "UNLOAD": (r"UNLOAD\s*\(", StatementType.DML),
    "PREPARE": (r"PREPARE\s", StatementType.UTILITY),
    "EXECUTE": (r"EXECUTE\s", StatementType.DML),
    "DEALLOCATE_PREPARE": (r"DEALLOCATE\s", StatementType.UTILITY),
}
_CREATE_KINDS = {"TABLE": "CREATE_TABLE", "VIEW": "CREATE_VIEW"}
_DROP_KINDS = {"TABLE": "DROP_TABLE", "VIEW": "DROP_VIEW"}


def parse(text: str) -> Statement:
    """The one statement of a query string; raises QueryError when it is wrong or of a kind that is not supported."""
    stripped = without_comments(text).strip().rstrip(";").rstrip()
    if not stripped:
        raise QueryError("SYNTAX_ERROR: line 1:1: mismatched input '<EOF>'")
    for kind, (pattern, statement_type) in _TEXT_KINDS.items():
        if re.match(pattern, stripped, re.IGNORECASE):
            return Statement(kind, statement_type, stripped)
    return _parsed(text.rstrip().rstrip(";"), stripped)


def without_comments(text: str) -> str:
    """The text after its leading comments."""
    return re.sub(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", "", text, flags=re.DOTALL)


def parse_query(text: str) -> exp.Expression:
    """A SELECT (or VALUES, or a WITH); raises QueryError for anything else."""
    statement = _parsed(text, text)
    if statement.kind != "SELECT":
        raise not_supported(f"A {statement.kind} statement here")
    return statement.expression


def _parsed(text: str, stripped: str) -> Statement:
    leading = _leading_words(stripped)
    if leading.split()[0] in _UNSUPPORTED_WORDS:
        raise not_supported(f"The statement {leading}")
    try:
        expressions = [part for part in sqlglot.parse(text, read=AthenaSQL) if part is not None]
    except ParseError as error:
        raise syntax_error(error) from error
    except TokenError as error:
        raise QueryError(f"SYNTAX_ERROR: line 1:1: {error}") from error
    if len(expressions) != 1:
        raise QueryError("Only one sql statement is allowed.")
    for kind, (classify, statement_type) in _EXPRESSION_KINDS.items():
        name = classify(expressions[0]) if isinstance(expressions[0], kind) else None
        if name:
            is_ctas = name == "CREATE_TABLE_AS_SELECT"
            return Statement(name, StatementType.DDL if is_ctas else statement_type, stripped, expressions[0])
    raise not_supported(f"The statement {leading}")


_UNSUPPORTED_WORDS = {
    "GRANT",
    "REVOKE",
    "CALL",
    "TRUNCATE",
    "USE",
    "SET",
    "ANALYZE",
    "COMMENT",
    "SHOW",
}


def _leading_words(text: str) -> str:
    return " ".join(re.findall(r"[A-Za-z_]+", text)[:2]).upper() or text[:20]


def _create_kind(create: exp.Create) -> str | None:
    kind = _CREATE_KINDS.get(create.kind)
    return "CREATE_TABLE_AS_SELECT" if kind == "CREATE_TABLE" and create.expression is not None else kind


_EXPRESSION_KINDS: dict[type[exp.Expression], tuple[Callable[..., str | None], StatementType]] = {
    exp.Query: (lambda _: "SELECT", StatementType.DML),
    exp.Values: (lambda _: "SELECT", StatementType.DML),
    exp.Insert: (lambda insert: None if insert.args.get("overwrite") else "INSERT", StatementType.DML),
    exp.Update: (lambda _: "UPDATE", StatementType.DML),
    exp.Delete: (lambda _: "DELETE", StatementType.DML),
    exp.Merge: (lambda _: "MERGE", StatementType.DML),
    exp.Create: (_create_kind, StatementType.DDL),
    exp.Drop: (lambda drop: _DROP_KINDS.get(drop.kind), StatementType.DDL),
}


def bind_parameters(text: str, parameters: list[str]) -> str:
    """The statement with its `?` replaced, in the order of the text, by the parameters: each a SQL literal."""
    tokens = _tokens(text)
    marks = [token for token in tokens if token.token_type is TokenType.PLACEHOLDER]
    if len(marks) != len(parameters):
        raise QueryError(
            f"INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected {len(marks)} but "
            f"found {len(parameters)}"
        )
    for mark, parameter in reversed(list(zip(marks, parameters, strict=True))):
        text = f"{text[: mark.start]}{_literal(parameter).sql('athena')}{text[mark.end + 1 :]}"
    return text


def _tokens(text: str) -> list[Token]:
    try:
        return sqlglot.tokenize(text, read=AthenaSQL)
    except TokenError as error:
        raise QueryError(f"SYNTAX_ERROR: line 1:1: {error}") from error


def _literal(text: str) -> exp.Expression:
    try:
        value = sqlglot.parse_one(text, read=AthenaSQL)
    except (ParseError, TokenError) as error:
        raise QueryError(f"INVALID_PARAMETER_USAGE: The parameter {text} is not a SQL literal") from error
    if isinstance(value, exp.Query | exp.Command) or value.find(exp.Column, exp.Query, exp.Placeholder):
        raise QueryError(
            f"INVALID_PARAMETER_USAGE: The parameter {text} is not a SQL literal; put texts in single quotes"
        )
    return value
