"""Rejected lines as they travel, with what they look like."""

from collections.abc import Sequence

import pyarrow as pa

from lakehouse_glue.sales.rows import Rejected

MOST_RAW_CHARACTERS = 1000
MOST_CHARACTER_BYTES = 4
# Redshift stores no byte of value zero in a text: https://docs.aws.amazon.com/redshift/latest/dg/multi-byte-character-load-errors.html
NOWHERE_STORED, SHOWN_INSTEAD = "\0", "\N{REPLACEMENT CHARACTER}"
REJECTED = pa.schema(
    [
        ("place", pa.int64()),
        ("order_id", pa.int64()),
        ("reason", pa.string()),
        ("column_name", pa.string()),
        ("raw_line", pa.string()),
    ]
)


def rejected_rows(rejected: Rejected, raw_lines: Sequence[bytes], first_place: int) -> pa.RecordBatch:
    """The rows in the columns of REJECTED; `raw_lines` are those of the chunk, the first of which has `first_place`."""
    values = (
        [first_place + line for line in rejected.lines],
        rejected.order_ids,
        rejected.reasons,
        rejected.columns,
        [shown(raw_lines[line]) for line in rejected.lines],
    )
    arrays = [pa.array(column, field.type) for column, field in zip(values, REJECTED, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=REJECTED)


def shown(line: bytes) -> str:
    """The beginning of a line, as text that every engine stores."""
    text = line[: MOST_RAW_CHARACTERS * MOST_CHARACTER_BYTES].decode(errors="replace").rstrip("\r")
    return text[:MOST_RAW_CHARACTERS].replace(NOWHERE_STORED, SHOWN_INSTEAD)
