"""Files and ledger rows as tables on the terminal."""

from datetime import UTC

from rich.table import Table

from stack.arrivals.ledger import LedgerRow, WaitingFile


def ledger_table(rows: list[LedgerRow]) -> Table:
    table = Table("File", "Status", "Rows in", "Rows out", "Rejected", "Finished (UTC)", "Reason")
    for row in rows:
        counts = [f"{count:,}" for count in (row.rows_in, row.rows_out, row.rows_rejected)]
        table.add_row(row.file_name, row.status, *counts, row.finished_at, row.reason or "")
    for column in table.columns[2:5]:
        column.justify = "right"
    return table


def files_table(title: str, files: list[WaitingFile]) -> Table:
    table = Table(title, "Bytes", "Since (UTC)")
    table.columns[1].justify = "right"
    for file in files:
        table.add_row(file.key, f"{file.size_bytes:,}", f"{file.modified_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}")
    return table
