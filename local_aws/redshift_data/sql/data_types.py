"""Redshift's data types: which there are, their limits, and what PostgreSQL calls them.

The limits are those of the pages "Character types" and "Numeric types" of the developer guide. PostgreSQL's types that
Redshift's parser knows are refused as columns by name (knex/knex 3546), those that came later do not exist
(jazzband/django-redshift-backend 53).
"""

from sqlglot import exp
from sqlglot.tokens import Token

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError

DEFAULT_VARCHAR_LENGTH = 256
MAX_VARCHAR_LENGTH = 65535
MAX_CHAR_LENGTH = 4096
DEFAULT_DECIMAL = (18, 0)
MAX_DECIMAL_PRECISION = 38

VARCHAR_TYPES = {exp.DType.VARCHAR, exp.DType.NVARCHAR, exp.DType.TEXT}
CHAR_TYPES = {exp.DType.CHAR, exp.DType.NCHAR, exp.DType.BPCHAR}
OTHER_TYPES = {
    exp.DType.BIGINT, exp.DType.BOOLEAN, exp.DType.DATE, exp.DType.DECIMAL, exp.DType.DOUBLE, exp.DType.FLOAT,
    exp.DType.INT, exp.DType.INTERVAL, exp.DType.SMALLINT, exp.DType.SUPER, exp.DType.TIME, exp.DType.TIMESTAMP,
    exp.DType.TIMESTAMPTZ, exp.DType.TIMETZ,
}  # fmt: skip
MISSING_TYPES = {exp.DType.GEOMETRY, exp.DType.GEOGRAPHY, exp.DType.HLLSKETCH, exp.DType.VARBINARY}
# Those of PostgreSQL 8, which its own catalog is made of; of these no column can be.
CATALOG_TYPES = {
    exp.DType.BIGSERIAL, exp.DType.SERIAL, exp.DType.SMALLSERIAL, exp.DType.BIT, exp.DType.INET, exp.DType.MONEY,
    exp.DType.NAME,
}  # fmt: skip


def check_types(tree: exp.Expr, tokens: list[Token]) -> None:
    """Raises StatementError for a type or a length that Redshift has not, UnsupportedSqlError for one missing here."""
    for definition in tree.find_all(exp.ColumnDef):
        _check_column(tree, definition, tokens)
    for node in tree.find_all(exp.DataType):
        if isinstance(node, exp.ObjectIdentifier):
            continue
        _check_name(node, tokens)
        _check_size(node)


def postgres_type(node: exp.DataType) -> exp.DataType | None:
    """The type in PostgreSQL's words where they differ."""
    kind = node.this
    if kind == exp.DType.SUPER:
        return exp.DataType(this=exp.DType.JSONB)
    if kind == exp.DType.DECIMAL and not node.expressions:
        return _sized(exp.DType.DECIMAL, *DEFAULT_DECIMAL)
    if node.expressions and node.expressions[0].name.upper() == "MAX":
        is_char = kind in CHAR_TYPES
        return _sized(kind, MAX_CHAR_LENGTH if is_char else MAX_VARCHAR_LENGTH)
    if kind in VARCHAR_TYPES and (kind == exp.DType.TEXT or not node.expressions):
        is_column = isinstance(node.parent, exp.ColumnDef)
        return _sized(exp.DType.VARCHAR, DEFAULT_VARCHAR_LENGTH) if is_column else None
    if kind == exp.DType.BPCHAR and not node.expressions:
        return _sized(exp.DType.CHAR, DEFAULT_VARCHAR_LENGTH)
    return None


def _sized(kind: exp.DType, *sizes: int) -> exp.DataType:
    parameters = [exp.DataTypeParam(this=exp.Literal.number(size)) for size in sizes]
    return exp.DataType(this=kind, expressions=parameters)


def _check_column(tree: exp.Expr, definition: exp.ColumnDef, tokens: list[Token]) -> None:
    kind = definition.args.get("kind")
    if kind is None:
        return
    written = _as_written(kind, tokens)
    is_catalog_type = isinstance(kind, exp.ObjectIdentifier) or kind.this in CATALOG_TYPES or written == "bytea"
    if is_catalog_type or kind.this == exp.DType.ARRAY:
        table = tree.find(exp.Table)
        place = f"{table.name}.{definition.name}" if table else definition.name
        raise StatementError(f'ERROR: Column "{place}" has unsupported type "{written}".')


def _as_written(kind: exp.DataType, tokens: list[Token]) -> str:
    """The type's name: sqlglot has one for BYTEA and VARBYTE."""
    if isinstance(kind, exp.ObjectIdentifier):
        return kind.name.lower()
    if kind.this == exp.DType.VARBINARY:
        return "bytea" if any(token.text.upper() == "BYTEA" for token in tokens) else "varbyte"
    if kind.this == exp.DType.ARRAY:
        return f"{_as_written(kind.expressions[0], tokens)}[]"
    name = kind.this.value.lower()
    return {"int": "integer"}.get(name, name)


def _check_name(node: exp.DataType, tokens: list[Token]) -> None:
    kind = node.this
    if kind in MISSING_TYPES and _as_written(node, tokens) != "bytea":
        raise UnsupportedSqlError(f"The data type {'VARBYTE' if kind == exp.DType.VARBINARY else kind.value}")
    if kind in VARCHAR_TYPES | CHAR_TYPES | OTHER_TYPES | CATALOG_TYPES | MISSING_TYPES:
        return
    if kind == exp.DType.ARRAY:
        raise StatementError(f'ERROR: type "{_as_written(node, tokens)}" is not supported')
    raise StatementError(f'ERROR: type "{_as_written(node, tokens)}" does not exist')


def _check_size(node: exp.DataType) -> None:
    sizes = [parameter.name for parameter in node.expressions if isinstance(parameter, exp.DataTypeParam)]
    if not sizes or not sizes[0].isdigit():
        return
    first = int(sizes[0])
    for kinds, name, limit in (
        (VARCHAR_TYPES, "varchar", MAX_VARCHAR_LENGTH),
        (CHAR_TYPES, "char", MAX_CHAR_LENGTH),
    ):
        if node.this in kinds and first > limit:
            raise StatementError(f"ERROR: length for type {name} cannot exceed {limit}")
        if node.this in kinds and first < 1:
            raise StatementError(f"ERROR: length for type {name} must be at least 1")
    if node.this == exp.DType.DECIMAL:
        _check_decimal(first, int(sizes[1]) if len(sizes) > 1 else 0)


def _check_decimal(precision: int, scale: int) -> None:
    if not 1 <= precision <= MAX_DECIMAL_PRECISION:
        raise StatementError(f"ERROR: NUMERIC precision {precision} must be between 1 and {MAX_DECIMAL_PRECISION}")
    if scale > precision:
        raise StatementError(f"ERROR: NUMERIC scale {scale} must be between 0 and precision {precision}")
