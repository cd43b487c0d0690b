"""The COPY command: its grammar, and the options that can be honoured here.

The options are those of https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html, data format and data conversion.
"""

import re
from dataclasses import dataclass, field

from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.token_reader import TokenReader

DELIMITED = "DELIMITED"
MOST_ERRORS = 100_000
DEFAULT_INVALID_CHARACTER = "?"
ROLE_OF_CREDENTIALS = re.compile(r"aws_iam_role=(\S+)")
ROLE_OPTIONS = {"IAM_ROLE", "CREDENTIALS", "WITH"}
# Options and the fields that they set: of those that take nothing, a text, a number.
FLAGS = {
    "ACCEPTANYDATE": "takes_any_date",
    "BLANKSASNULL": "is_blank_null",
    "EMPTYASNULL": "is_empty_null",
    "ESCAPE": "is_escaped",
    "ROUNDEC": "rounds_decimals",
    "TRIMBLANKS": "is_trimmed",
    "TRUNCATECOLUMNS": "fits_texts",
}
TEXTS = {
    "DATEFORMAT": "date_format",
    "DELIMITER": "delimiter",
    "NULL": "null_text",
    "QUOTE": "quote",
    "TIMEFORMAT": "time_format",
}
NUMBERS = {"IGNOREHEADER": "header_lines", "MAXERROR": "max_errors"}
COMPRESSIONS = {"BZIP2": "bz2", "GZIP": "gzip", "ZSTD": "zstd"}
COMMAND_FLAGS = {
    "EXPLICIT_IDS": "gives_identities",
    "FILLRECORD": "fills_records",
    "MANIFEST": "is_manifest",
    "SERIALIZETOJSON": "serializes_to_json",
}
UTF8 = {"UTF8", "UTF-8"}


@dataclass
class TextOptions:
    """Of files of text: delimited, in CSV or in JSON."""

    delimiter: str | None = None
    quote: str | None = None
    null_text: str | None = None
    header_lines: int = 0
    max_errors: int = 0
    compression: str | None = None
    date_format: str | None = None
    time_format: str | None = None
    # What stands for each byte that is no UTF-8; None for an error.
    invalid_character: str | None = None
    json_paths: str | None = None
    is_blank_null: bool = False
    is_empty_null: bool = False
    is_escaped: bool = False
    is_trimmed: bool = False
    fits_texts: bool = False
    rounds_decimals: bool = False
    takes_any_date: bool = False


@dataclass
class CopyCommand:
    schema: str | None
    table: str
    columns: tuple[str, ...]
    source: str
    iam_role: str | None = None
    file_format: str = DELIMITED
    is_manifest: bool = False
    serializes_to_json: bool = False
    fills_records: bool = False
    gives_identities: bool = False
    region: str | None = None
    text: TextOptions = field(default_factory=TextOptions)

    @property
    def qualified_table(self) -> tuple[str, ...]:
        return (self.schema, self.table) if self.schema else (self.table,)


def parse_copy(statement: str, tokens: list[Token]) -> CopyCommand:
    """Raises StatementError for a syntax error, UnsupportedSqlError for an option that would be ignored."""
    reader = TokenReader(statement, tokens)
    reader.expect("COPY")
    schema, table = read_table_name(reader)
    columns = reader.identifiers() if reader.word == "(" else ()
    reader.expect("FROM")
    source = reader.string()
    if not source.startswith("s3://"):
        raise UnsupportedSqlError(f"COPY from {source.partition(':')[0]!r}")
    command = CopyCommand(schema, table, columns, source)
    while reader.current:
        _read_option(reader, command)
    if command.iam_role is None:
        raise StatementError("ERROR: syntax error: COPY needs IAM_ROLE default or IAM_ROLE 'arn'")
    _check_options(command)
    return command


def read_table_name(reader: TokenReader) -> tuple[str | None, str]:
    first = reader.name()
    if reader.accept("."):
        return first, reader.next().text.lower()
    return None, first


def read_role(option: str, reader: TokenReader) -> str:
    """The role of `IAM_ROLE {default | 'arn'}` or of `[WITH] CREDENTIALS [AS] 'aws_iam_role=arn'`."""
    if option == "IAM_ROLE":
        if reader.current and reader.current.token_type == TokenType.STRING:
            return reader.string()
        reader.expect("DEFAULT")
        return "default"
    if option == "WITH":
        reader.expect("CREDENTIALS")
    reader.accept("AS")
    role = ROLE_OF_CREDENTIALS.fullmatch(reader.string())
    if role is None:
        raise UnsupportedSqlError("CREDENTIALS other than aws_iam_role")
    return role.group(1)


def _read_option(reader: TokenReader, command: CopyCommand) -> None:
    option = reader.next().text.upper()
    if option in ROLE_OPTIONS:
        command.iam_role = read_role(option, reader)
    elif option == "FORMAT":
        reader.accept("AS")
    elif option in {"PARQUET", "CSV"}:
        command.file_format = option
    elif option == "JSON":
        command.file_format = option
        reader.accept("AS")
        command.text.json_paths = reader.string()
    elif option in COMMAND_FLAGS:
        setattr(command, COMMAND_FLAGS[option], True)
    elif option == "REGION":
        reader.accept("AS")
        command.region = reader.string()
    elif option in {"STATUPDATE", "COMPUPDATE"}:
        _read_switch(reader)
    else:
        _read_text_option(option, reader, command.text)


def _read_switch(reader: TokenReader) -> None:
    """Statistics and encodings: PostgreSQL keeps its own, so either answer is honoured."""
    for value in ("ON", "OFF", "TRUE", "FALSE", "PRESET"):
        if reader.accept(value):
            return


def _read_text_option(option: str, reader: TokenReader, options: TextOptions) -> None:
    if option in FLAGS:
        setattr(options, FLAGS[option], True)
    elif option in TEXTS:
        reader.accept("AS")
        setattr(options, TEXTS[option], reader.string().replace("\\t", "\t"))
    elif option in NUMBERS:
        reader.accept("AS")
        setattr(options, NUMBERS[option], reader.integer())
    elif option in COMPRESSIONS:
        options.compression = COMPRESSIONS[option]
    elif option == "ACCEPTINVCHARS":
        reader.accept("AS")
        is_given = reader.current is not None and reader.current.token_type == TokenType.STRING
        options.invalid_character = reader.string() if is_given else DEFAULT_INVALID_CHARACTER
    elif option == "ENCODING":
        reader.accept("AS")
        encoding = reader.next().text.upper()
        if encoding not in UTF8:
            raise UnsupportedSqlError(f"The COPY option ENCODING {encoding}")
    elif option != "IGNOREBLANKLINES":
        raise UnsupportedSqlError(f"The COPY option {option}")


def _check_options(command: CopyCommand) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-format.html: CSV excludes ESCAPE."""
    options = command.text
    if command.file_format == "PARQUET" and options != TextOptions():
        given = next(name for name, value in vars(options).items() if value != getattr(TextOptions(), name))
        raise StatementError(f"ERROR: {given} is not allowed: COPY from PARQUET takes no options of delimited text")
    if command.file_format != "PARQUET" and command.serializes_to_json:
        raise StatementError("ERROR: SERIALIZETOJSON is only supported with columnar formats")
    if command.file_format == "CSV" and options.is_escaped:
        raise StatementError("ERROR: CSV is not compatible with ESCAPE: double a quote character within a field")
    if command.file_format != "CSV" and options.quote is not None:
        raise StatementError("ERROR: QUOTE can only be used with CSV")
    for option, given in {"QUOTE": options.quote, "ACCEPTINVCHARS": options.invalid_character}.items():
        if given is not None and (len(given) != 1 or given == "\0" or not given.isascii()):
            raise StatementError(f"ERROR: {option} must be a single ASCII character, not {given!r}")
    if options.delimiter is not None and len(options.delimiter) != 1:
        raise UnsupportedSqlError(f"COPY with DELIMITER {options.delimiter!r}, which is not one character,")
    if options.max_errors > MOST_ERRORS:
        raise StatementError(f"ERROR: MAXERROR value must be between 0 and {MOST_ERRORS}")
    if options.json_paths not in {None, "auto", "auto ignorecase"}:
        raise UnsupportedSqlError(f"COPY from JSON with {options.json_paths!r}")
