"""The proof that the rows of dropped files are in their table."""

from lakehouse_contract.arrivals.ledger import QUARANTINED
from stack.arrivals.drop import DroppedFile
from stack.arrivals.ledger import STATEMENTS, LedgerRow, athena_timestamp
from stack.errors import StackError
from stack.queries import query_athena
from stack.settings import StackSettings


def require_whole_files(settings: StackSettings, table: str, dropped: list[DroppedFile], rows: list[LedgerRow]) -> None:
    """Raises StackError unless every row of the files is in the table or rejected, and no file is in quarantine."""
    since = athena_timestamp(min(file.dropped_at for file in dropped))
    statement = (STATEMENTS / "rows_of_files.sql").read_text().replace("{{ table }}", table)
    in_table = dict(query_athena(settings, statement, [since]).rows)
    for row in rows:
        rows_in_table = int(in_table.get(row.file_name) or 0)
        if row.status == QUARANTINED:
            raise StackError(f"{row.file_name} went to quarantine: {row.reason}")
        if row.rows_in != row.rows_out + row.rows_rejected or row.rows_out != rows_in_table:
            raise StackError(
                f"The counts of {row.file_name} do not reconcile: {row.rows_in} rows in, {row.rows_out} out, "
                f"{row.rows_rejected} rejected, {rows_in_table} in {table}."
            )
