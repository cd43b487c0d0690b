"""Arrow columns from numpy ones."""

import numpy as np
import pyarrow as pa

_TIMESTAMP = pa.timestamp("us", tz="UTC")


def arrow_table(
    key: str, keys: np.ndarray, columns: dict[str, np.ndarray], null_rows: np.ndarray | None = None
) -> pa.Table:
    """A table of the key and the columns; in `null_rows` every column but the key is null."""
    is_null = np.zeros(len(keys), dtype=bool)
    if null_rows is not None:
        is_null[null_rows] = True
    arrays = {name: _array(values, is_null) for name, values in columns.items()}
    return pa.table({key: pa.array(keys), **arrays})


def text(numbers: np.ndarray) -> np.ndarray:
    """Numbers as an object array of strings."""
    return numbers.astype(str).astype(object)


def padded(word: str) -> str:
    """A code as a careless person types it."""
    return f" {word.title()} "


def _array(values: np.ndarray, is_null: np.ndarray) -> pa.Array:
    if values.dtype.kind == "M":
        kind = pa.date32() if values.dtype == np.dtype("datetime64[D]") else _TIMESTAMP
        return pa.array(values, mask=is_null | np.isnat(values), type=kind)
    if values.dtype.kind == "O":
        return pa.array(values, mask=is_null | (values == None), type=pa.string())  # noqa: E711 - element by element
    return pa.array(values, mask=is_null)
