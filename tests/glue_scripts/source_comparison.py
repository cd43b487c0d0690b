"""The comparison of the raw zone with its source, as the tasks of the daily pipeline write it."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_comparison(folder: Path, before: Iterable[tuple] = (), after: Iterable[tuple] = ()) -> list[str]:
    """The files of what the comparison with the source found, as (source, key, column), below a folder."""
    files = []
    for moment, found in (("before", before), ("after", after)):
        path = folder / f"changed_by_dms/{moment}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        names = ("source", "source_key", "column_name")
        rows = [dict(zip(names, row, strict=True)) for row in found]
        pq.write_table(pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in names])), path)
        files.append(path.as_uri())
    return files
