"""A column that COPY fills from text: what a field becomes, and which fields are none of its values."""

from functools import cached_property

from psycopg2 import sql

from local_aws.redshift_data.copy.command import TextOptions
from local_aws.redshift_data.copy.target_table import Column

TEXT_KINDS = {"varchar", "bpchar", "text"}
DATE_KINDS = {"date", "timestamp", "timestamptz"}
EPOCH_UNITS = {"epochsecs": 1, "epochmillisecs": 1000}
# Codes of https://docs.aws.amazon.com/redshift/latest/dg/r_Load_Error_Reference.html: what is no value of its type, a
# text that is too long; and of multi-byte-character-load-errors.html: several bytes in a CHAR.
NO_NUMBER, TOO_LONG, MULTIBYTE = 1207, 1204, 1220
NO_VALUE = {
    "date": 1205,
    "timestamp": 1206,
    "timestamptz": 1206,
    "float4": 1208,
    "float8": 1208,
    "numeric": 1209,
    "bool": 1210,
    "jsonb": 1224,
}

Fault = tuple[sql.Composable, int, sql.Composable]


class TextColumn:
    def __init__(self, number: int, column: Column, options: TextOptions) -> None:
        self.number = number
        self.column = column
        self.options = options
        self.name = column.name
        self.kind = column.kind
        self.sql_type = sql.SQL(column.sql_type)
        self.field = sql.Identifier(f"field_{number}")
        self.no_value = NO_VALUE.get(self.kind, NO_NUMBER)

    @cached_property
    def faults(self) -> list[Fault]:
        """What can be wrong with a field: the message and whether it is so, both as SQL, and the error's code."""
        if self.kind in TEXT_KINDS:
            return self._text_faults()
        if self.moment_format is not None:
            if self.options.takes_any_date:
                return []
            message = sql.Literal(f"Invalid {self.kind} format - {self.moment_format!r} is expected")
            is_bad = sql.SQL("{} IS NOT NULL AND {} IS NULL").format(self.trimmed, self._moment())
            return [(message, self.no_value, is_bad)]
        kind = sql.Literal(self.column.sql_type)
        if self.kind in DATE_KINDS and self.options.takes_any_date:
            return []
        message = sql.SQL("(pg_input_error_info({}, {})).message").format(self.trimmed, kind)
        return [(message, self.no_value, sql.SQL("NOT pg_input_is_valid({}, {})").format(self.trimmed, kind))]

    @cached_property
    def value(self) -> sql.Composable:
        if self.kind in TEXT_KINDS:
            return self._text()
        if self.moment_format is not None:
            return sql.SQL("{}::{}").format(self._moment(), self.sql_type)
        if self.kind in DATE_KINDS and self.options.takes_any_date:
            return sql.SQL("CASE WHEN pg_input_is_valid({0}, {1}) THEN {0} END::{2}").format(
                self.trimmed, sql.Literal(self.column.sql_type), self.sql_type
            )
        if self.kind == "numeric" and self.column.scale is not None and not self.options.rounds_decimals:
            return sql.SQL("trunc({}::numeric, {})::{}").format(
                self.trimmed, sql.Literal(self.column.scale), self.sql_type
            )
        return sql.SQL("{}::{}").format(self.trimmed, self.sql_type)

    @property
    def moment_format(self) -> str | None:
        """The date or time format to convert by; None for PostgreSQL's own reading, which 'auto' is."""
        if self.kind not in DATE_KINDS:
            return None
        given = self.options.date_format if self.kind == "date" else self.options.time_format
        return None if given == "auto" else given

    @property
    def trimmed(self) -> sql.Composable:
        """Nothing between two delimiters is NULL but for text."""
        return sql.SQL("nullif(btrim({}), '')").format(self.field)

    def _moment(self) -> sql.Composable:
        if self.moment_format in EPOCH_UNITS:
            function = sql.SQL("redshift_system.moment_of_epoch({}, {})")
            return function.format(self.trimmed, sql.Literal(EPOCH_UNITS[self.moment_format]))
        return sql.SQL("redshift_system.moment_of_text({}, {})").format(self.trimmed, sql.Literal(self.moment_format))

    def _text(self) -> sql.Composable:
        text: sql.Composable = self.field
        if self.options.is_trimmed and self.kind == "varchar":
            text = sql.SQL("rtrim({})").format(text)
        if self.options.fits_texts and self.column.width is not None:
            text = sql.SQL("redshift_system.first_bytes({}, {})").format(text, sql.Literal(self.column.width))
        return text

    def _text_faults(self) -> list[Fault]:
        if self.column.width is None:
            return []
        too_long = sql.SQL("octet_length(rtrim({})) > {}").format(self._text(), sql.Literal(self.column.width))
        faults: list[Fault] = [(sql.Literal("String length exceeds DDL length"), TOO_LONG, too_long)]
        if self.kind == "bpchar":
            message = "Multibyte character not supported for CHAR (Hint: Try using VARCHAR)."
            is_multibyte = sql.SQL("octet_length({0}) > length({0})").format(self._text())
            faults.append((sql.Literal(message), MULTIBYTE, is_multibyte))
        return faults
