"""The parser of Athena's SQL: sqlglot's, and the types of Trino's decimal literals.

Source: Trino's documentation, "Decimal functions and operators", "Decimal literals": `DECIMAL '12.50'` is of the type
decimal(4,2), every digit of the literal counts.
"""

import re
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects import Athena
from sqlglot.parsers.athena import AthenaParser, AthenaTrinoParser

from local_aws.athena.sql.decimals import MAX_PRECISION, decimal_type
from local_aws.athena.sql.errors import QueryError

_DECIMAL = re.compile(r"[+-]?(?=\.?\d)(\d*)(?:\.(\d*))?")


def _decimal_literal(_: Any, literal: exp.Expression, kind: exp.DataType) -> exp.Cast:
    digits = _DECIMAL.fullmatch(literal.name)
    if kind.expressions or not isinstance(literal, exp.Literal):
        return exp.Cast(this=literal, to=kind)
    if digits is None:
        raise QueryError(f"INVALID_LITERAL: line 1:1: '{literal.name}' is not a valid DECIMAL literal")
    whole, fraction = digits[1], digits[2] or ""
    if len(whole + fraction) > MAX_PRECISION:
        raise QueryError(f"INVALID_LITERAL: line 1:1: '{literal.name}' has more than {MAX_PRECISION} digits")
    return exp.Cast(this=literal, to=decimal_type(len(whole + fraction), len(fraction)))


class _TrinoParser(AthenaTrinoParser):
    TYPE_LITERAL_PARSERS: ClassVar = {**AthenaTrinoParser.TYPE_LITERAL_PARSERS, exp.DType.DECIMAL: _decimal_literal}


class AthenaSQL(Athena):
    """What `sqlglot.parse` takes as `read`; what it reads is written as "athena"."""

    class Parser(AthenaParser):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            options.pop("hive", None)
            self._trino_parser = _TrinoParser(**{**options, "dialect": options.pop("trino", None) or "trino"})
