"""Asks the Glue job's own reader what would become of a file."""

import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from stack.errors import StackError
from stack.settings import REPOSITORY

_MOST_CHARACTERS = 60
_COLUMNS = ("symbol", "trade_date", "open", "high", "low", "close", "volume")


def checked_file(path: Path, feed: str | None, most_rows: int, max_reject_share: float) -> Any:
    """The CheckedFile of a file that would be put into the folder of a feed, or beside the folders.

    Raises StackError for a file that cannot be read, and for feeds that are declared wrongly.
    """
    # Not installed with the other packages: a job must find only what has been uploaded.
    sys.path.append(str(REPOSITORY / "glue_scripts"))
    from lakehouse_glue.errors import BadInputError
    from lakehouse_glue.stocks.checking import check_file

    name = f"{feed}/{path.name}" if feed else path.name
    try:
        return check_file(path, name, most_rows, max_reject_share, datetime.now(UTC).date())
    except BadInputError as error:
        raise StackError(str(error)) from error
    except OSError as error:
        raise StackError(f"{path} cannot be read: {error.strerror}.") from error


def rows_table(rows: list[Any]) -> Table:
    """Checked rows, the rejected ones with their reason and their line."""
    table = Table("line", *_COLUMNS, "rejected as")
    for column in table.columns[3:8]:
        column.justify = "right"
    for row in rows:
        values = [_text(value) for value in row.values or [""] * len(_COLUMNS)]
        rejected = f"{row.reason}: {row.raw_line[:_MOST_CHARACTERS]}" if row.reason else ""
        # Of the file, in which brackets are no markup.
        table.add_row(*map(Text, [str(row.line_number), *values, rejected]))
    return table


def _text(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
