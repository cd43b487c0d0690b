"""The COPY command: its grammar, and the options that can be honoured here."""

from dataclasses import dataclass, field

from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.token_reader import TokenReader


@dataclass
class CsvOptions:
    delimiter: str = ","
    quote: str = '"'
    null_text: str | None = None
    header_lines: int = 0
    max_errors: int = 0
    compression: str | None = None
    date_format: str | None = None
    time_format: str | None = None
    is_blank_null: bool = False
    is_empty_null: bool = False


@dataclass
class CopyCommand:
    schema: str | None
    table: str
    columns: tuple[str, ...]
    source: str
    iam_role: str | None = None
    file_format: str | None = None
    is_manifest: bool = False
    serializes_to_json: bool = False
    fills_records: bool = False
    region: str | None = None
    csv: CsvOptions = field(default_factory=CsvOptions)

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
    if command.file_format is None:
        raise UnsupportedSqlError("COPY of delimited text without FORMAT AS CSV or PARQUET")
    _check_columnar_options(command)
    return command


def read_table_name(reader: TokenReader) -> tuple[str | None, str]:
    first = reader.name()
    if reader.accept("."):
        return first, reader.next().text.lower()
    return None, first


def read_iam_role(reader: TokenReader) -> str:
    if reader.current and reader.current.token_type == TokenType.STRING:
        return reader.string()
    reader.expect("DEFAULT")
    return "default"


def _read_option(reader: TokenReader, command: CopyCommand) -> None:
    option = reader.next().text.upper()
    if option == "IAM_ROLE":
        command.iam_role = read_iam_role(reader)
    elif option == "FORMAT":
        reader.accept("AS")
    elif option in {"PARQUET", "CSV"}:
        command.file_format = option
    elif option == "MANIFEST":
        command.is_manifest = True
    elif option == "SERIALIZETOJSON":
        command.serializes_to_json = True
    elif option == "FILLRECORD":
        command.fills_records = True
    elif option == "REGION":
        reader.accept("AS")
        command.region = reader.string()
    elif option in {"STATUPDATE", "COMPUPDATE"}:
        _read_switch(reader)
    else:
        _read_csv_option(option, reader, command.csv)


def _read_switch(reader: TokenReader) -> None:
    """Statistics and encodings: PostgreSQL keeps its own, so either answer is honoured."""
    for value in ("ON", "OFF", "TRUE", "FALSE", "PRESET"):
        if reader.accept(value):
            return


def _read_csv_option(option: str, reader: TokenReader, csv: CsvOptions) -> None:
    if option in {"DELIMITER", "QUOTE", "NULL", "DATEFORMAT", "TIMEFORMAT"}:
        reader.accept("AS")
        text = reader.string()
        field_name = {"NULL": "null_text", "DATEFORMAT": "date_format", "TIMEFORMAT": "time_format"}
        setattr(csv, field_name.get(option, option.lower()), text.replace("\\t", "\t"))
    elif option in {"IGNOREHEADER", "MAXERROR"}:
        reader.accept("AS")
        setattr(csv, {"IGNOREHEADER": "header_lines", "MAXERROR": "max_errors"}[option], reader.integer())
    elif option in {"GZIP", "BZIP2", "ZSTD"}:
        csv.compression = {"GZIP": "gzip", "BZIP2": "bz2", "ZSTD": "zstd"}[option]
    elif option == "BLANKSASNULL":
        csv.is_blank_null = True
    elif option == "EMPTYASNULL":
        csv.is_empty_null = True
    else:
        raise UnsupportedSqlError(f"The COPY option {option}")


def _check_columnar_options(command: CopyCommand) -> None:
    if command.file_format == "PARQUET" and command.csv != CsvOptions():
        given = next(name for name, value in vars(command.csv).items() if value != getattr(CsvOptions(), name))
        raise StatementError(f"ERROR: {given} is not allowed: COPY from PARQUET takes no options of delimited text")
    if command.file_format == "CSV" and command.fills_records:
        raise UnsupportedSqlError("The COPY option FILLRECORD with FORMAT AS CSV")
    if command.file_format == "CSV" and command.serializes_to_json:
        raise StatementError("ERROR: SERIALIZETOJSON is only supported with columnar formats")
