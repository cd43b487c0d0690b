"""The parser of Athena's SQL: sqlglot's, narrowed to what Trino's grammar has.

Functions stay calls by their names, which the analysis resolves; what sqlglot reads for other dialects is a syntax
error. Source: Trino's grammar (SqlBase.g4) and its documentation, "SQL statement syntax".
"""

import re
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects import Athena, Trino
from sqlglot.parsers.athena import AthenaParser, AthenaTrinoParser
from sqlglot.tokens import Token, TokenType

from local_aws.athena.analysis.errors import SQL
from local_aws.athena.analysis.types import MAX_PRECISION
from local_aws.athena.sql.errors import QueryError

_DECIMAL = re.compile(r"[+-]?(?=\.?\d)0*(\d*)(?:\.(\d*))?")
# Functions whose arguments are no plain list.
_SPECIAL = {"CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "SUBSTRING"}
_FOREIGN_TOKENS = {
    TokenType.DCOLON,
    TokenType.L_BRACE,
    TokenType.ISNULL,
    TokenType.NOTNULL,
    TokenType.ILIKE,
    TokenType.RLIKE,
    TokenType.IRLIKE,
    TokenType.SIMILAR_TO,
    TokenType.GLOB,
    TokenType.TILDE,
    TokenType.AMP,
    TokenType.PIPE,
    TokenType.CARET,
    TokenType.DARROW,
    TokenType.HASH_ARROW,
    TokenType.DHASH_ARROW,
    TokenType.DIV,
    TokenType.NULLSAFE_EQ,
    TokenType.DQMARK,
    TokenType.COLON_EQ,
}
_FOREIGN_TYPES = {
    "string", "text", "float", "datetime", "bool", "blob", "bytes", "int1", "int2", "int4", "int8", "float4", "float8",
    "hugeint", "uinteger", "ubigint", "usmallint", "utinyint", "timestamptz", "timestamp_ntz", "list", "struct", "long",
    "short", "byte", "binary", "nvarchar", "nchar", "bpchar", "clob", "number", "bigdecimal", "serial", "money",
}  # fmt: skip


_PREDICATES = {"ALL": exp.All, "ANY": exp.Any, "EXISTS": exp.Exists, "SOME": exp.Any}
_UNITS = {"DAY", "HOUR", "MINUTE", "MONTH", "SECOND", "YEAR"}
_UNIT_NAMES = ", ".join(f"'{unit}'" for unit in sorted(_UNITS))


def _decimal_literal(_: Any, literal: exp.Expression, kind: exp.DataType) -> exp.Cast:
    """`DECIMAL '12.50'` is a decimal(4,2): its digits count, without leading zeros."""
    if kind.expressions or not isinstance(literal, exp.Literal):
        return exp.Cast(this=literal, to=kind)
    digits = _DECIMAL.fullmatch(literal.name)
    if digits is None:
        raise QueryError(f"INVALID_LITERAL: line 1:1: '{literal.name}' is not a valid DECIMAL literal")
    whole, fraction = digits[1], digits[2] or ""
    precision = max(len(whole + fraction), 1)
    if precision > MAX_PRECISION:
        raise QueryError(f"INVALID_LITERAL: line 1:1: '{literal.name}' has more than {MAX_PRECISION} digits")
    sizes = [exp.DataTypeParam(this=exp.Literal.number(size)) for size in (precision, len(fraction))]
    return exp.Cast(this=literal, to=exp.DataType(this=exp.DType.DECIMAL, expressions=sizes))


def _place(token: Token) -> str:
    return f"line {token.line}:{token.col - (token.end - token.start)}: "


def _ends_early(token: Token, expected: str) -> QueryError:
    return QueryError(f"SYNTAX_ERROR: {_place(token)}mismatched input after '{token.text}'. Expecting: {expected}")


def _mismatched(token: Token) -> QueryError:
    return QueryError(f"SYNTAX_ERROR: {_place(token)}mismatched input '{token.text}'")


class _TrinoParser(AthenaTrinoParser):
    FUNCTIONS: ClassVar = {}
    FUNCTION_PARSERS: ClassVar = {
        name: parse for name, parse in AthenaTrinoParser.FUNCTION_PARSERS.items() if name in _SPECIAL
    }
    TYPE_LITERAL_PARSERS: ClassVar = {**AthenaTrinoParser.TYPE_LITERAL_PARSERS, exp.DType.DECIMAL: _decimal_literal}

    def parse(self, raw_tokens: list[Token], sql: str) -> list[exp.Expression | None]:
        _check_tokens(raw_tokens)
        statements = super().parse(raw_tokens, sql)
        for statement in statements:
            if statement is not None:
                statement.meta[SQL] = sql
        return statements

    def _parse_bracket(self, this: exp.Expression | None = None) -> exp.Expression | None:
        if this is None and self._curr and self._curr.token_type is TokenType.L_BRACKET:
            raise _mismatched(self._curr)
        return super()._parse_bracket(this)

    def _parse_select(self, *arguments: Any, **options: Any) -> exp.Expression | None:
        if self._curr and self._curr.token_type is TokenType.FROM:
            raise _mismatched(self._curr)
        return super()._parse_select(*arguments, **options)

    def _parse_join(self, *arguments: Any, **options: Any) -> exp.Expression | None:
        is_comma = bool(self._curr) and self._curr.token_type is TokenType.COMMA
        join = super()._parse_join(*arguments, **options)
        if isinstance(join, exp.Join) and not is_comma:
            is_whole = join.args.get("on") or join.args.get("using") or join.args.get("method")
            if not is_whole and join.kind != "CROSS":
                raise _ends_early(self._prev, "'ON', 'USING'")
        return join

    def _parse_function_call(self, *arguments: Any, **options: Any) -> exp.Expression | None:
        """sqlglot takes EXISTS, ALL and ANY of what is no SELECT for calls of functions."""
        name = self._curr
        call = super()._parse_function_call(*arguments, **options)
        predicate = _PREDICATES.get(str(call.this).upper()) if isinstance(call, exp.Anonymous) else None
        if predicate is None or name is None or name.token_type is TokenType.IDENTIFIER:
            return call
        query = call.expressions[0] if len(call.expressions) == 1 else None
        if not isinstance(query, (exp.Query, exp.Values)):
            raise _ends_early(name, "<query>")
        return predicate(this=query)

    def _parse_types(self, check_func: bool = False, *arguments: Any, **options: Any) -> exp.Expression | None:
        token = self._curr
        if not check_func and token and token.text.lower() in _FOREIGN_TYPES:
            raise QueryError(f"TYPE_NOT_FOUND: {_place(token)}Unknown type: {token.text.lower()}")
        return super()._parse_types(check_func, *arguments, **options)


def _check_tokens(tokens: list[Token]) -> None:
    """Raises QueryError for operators and clauses of other dialects that sqlglot would read as Trino's."""
    previous = None
    for place, token in enumerate(tokens):
        kind = token.token_type
        if kind in _FOREIGN_TOKENS or (kind is TokenType.EQ and token.text == "=="):
            raise _mismatched(token)
        if kind is TokenType.SLASH and previous is not None and previous.token_type is TokenType.SLASH:
            raise _mismatched(token)
        is_limited = place >= 2 and tokens[place - 2].token_type is TokenType.LIMIT
        if kind is TokenType.OFFSET and is_limited:
            raise QueryError(f"SYNTAX_ERROR: {_place(token)}mismatched input '{token.text}'. Expecting: <EOF>")
        if kind is TokenType.INTERVAL:
            _check_interval(tokens[place + 1 : place + 4])
        previous = token


def _check_interval(tokens: list[Token]) -> None:
    """An interval is a text in quotes and a unit."""
    if tokens and tokens[0].token_type in {TokenType.DASH, TokenType.PLUS}:
        tokens = tokens[1:]
    if tokens and tokens[0].token_type is TokenType.NUMBER:
        raise _mismatched(tokens[0])
    has_text = bool(tokens) and tokens[0].token_type is TokenType.STRING
    if has_text and (len(tokens) == 1 or tokens[1].text.upper() not in _UNITS):
        raise _ends_early(tokens[0], _UNIT_NAMES)


class TrinoSQL(Trino):
    INDEX_OFFSET = 0

    class Parser(_TrinoParser):
        pass


class AthenaSQL(Athena):
    """What `sqlglot.parse` takes as `read`; what it reads is written as "athena"."""

    class Parser(AthenaParser):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            options.pop("hive", None)
            self._trino_parser = TrinoSQL.Parser(**{**options, "dialect": options.pop("trino", None) or TrinoSQL()})
