"""The UNLOAD command: its grammar, and the options that can be honoured here."""

from dataclasses import dataclass

from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.copy.command import ROLE_OPTIONS, read_role
from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.token_reader import TokenReader

FLAGS = {
    "HEADER": "has_header",
    "ALLOWOVERWRITE": "allows_overwrite",
    "CLEANPATH": "cleans_path",
    "MANIFEST": "has_manifest",
    "GZIP": "is_compressed",
}


@dataclass
class UnloadCommand:
    query: str
    target: str
    iam_role: str | None = None
    file_format: str | None = None
    partition_columns: tuple[str, ...] = ()
    includes_partition_columns: bool = False
    is_parallel: bool = True
    has_header: bool = False
    allows_overwrite: bool = False
    cleans_path: bool = False
    has_manifest: bool = False
    is_compressed: bool = False
    delimiter: str = ","
    null_text: str = ""


def parse_unload(statement: str, tokens: list[Token]) -> UnloadCommand:
    """Raises StatementError for a syntax error, UnsupportedSqlError for an option that would be ignored."""
    reader = TokenReader(statement, tokens)
    reader.expect("UNLOAD", "(")
    query = _read_query(reader)
    reader.expect(")")
    reader.expect("TO")
    command = UnloadCommand(query, reader.string())
    while reader.current:
        _read_option(reader, command)
    if command.iam_role is None:
        raise StatementError("ERROR: syntax error: UNLOAD needs IAM_ROLE default or IAM_ROLE 'arn'")
    if command.file_format is None:
        raise UnsupportedSqlError("UNLOAD to delimited text without FORMAT AS CSV or PARQUET")
    return command


def _read_query(reader: TokenReader) -> str:
    """The query as a quoted string, or between double dollar signs."""
    if reader.current and reader.current.token_type == TokenType.STRING:
        return reader.string()
    opening = reader.next()
    rest = reader.statement[opening.start :]
    if not rest.startswith("$$"):
        raise StatementError(f'ERROR: syntax error at or near "{opening.text}": a quoted query is expected')
    end = reader.statement.index("$$", opening.start + 2)
    while reader.current and reader.current.start < end + 2:
        reader.next()
    return reader.statement[opening.start + 2 : end]


def _read_option(reader: TokenReader, command: UnloadCommand) -> None:
    option = reader.next().text.upper()
    if option in ROLE_OPTIONS:
        command.iam_role = read_role(option, reader)
    elif option == "FORMAT":
        reader.accept("AS")
    elif option in {"PARQUET", "CSV"}:
        command.file_format = option
    elif option in FLAGS:
        setattr(command, FLAGS[option], True)
        if option == "MANIFEST" and reader.accept("VERBOSE"):
            raise UnsupportedSqlError("The UNLOAD option MANIFEST VERBOSE")
    elif option == "PARALLEL":
        command.is_parallel = not (reader.accept("OFF") or reader.accept("FALSE"))
        reader.accept("ON")
    elif option == "PARTITION BY":
        command.partition_columns = reader.identifiers()
        command.includes_partition_columns = reader.accept("INCLUDE")
    elif option in {"DELIMITER", "NULL"}:
        reader.accept("AS")
        setattr(command, {"DELIMITER": "delimiter", "NULL": "null_text"}[option], reader.string())
    elif option == "REGION":
        reader.accept("AS")
        reader.string()
    else:
        raise UnsupportedSqlError(f"The UNLOAD option {option}")
