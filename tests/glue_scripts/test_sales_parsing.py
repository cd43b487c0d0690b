"""What the workers read and compare, without Spark: generated files lose the rows that were foretold, and no others."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from lakehouse_glue.arrivals import objects, splits
from lakehouse_glue.arrivals.counts import CountsBySplit, count_files, lines_before_splits
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.source import source_of
from lakehouse_glue.sales.identities import find_lost
from lakehouse_glue.sales.layout import find_layout
from lakehouse_glue.sales.lines import Lines
from lakehouse_glue.sales.parsing import parse_splits
from lakehouse_glue.sales.records import Kind, decode

from lakehouse_contract.arrivals.claims import ClaimedFile
from stack.sales.files import plan_files, write_files

PARTS = 3
FIRST_ARRIVAL = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("split_bytes", [7_000, 1 << 25])
def test_generated_files_lose_the_rows_that_were_foretold(tmp_path: Path, monkeypatch, split_bytes):
    monkeypatch.setattr(splits, "SPLIT_BYTES", split_bytes)
    monkeypatch.setattr(objects, "PART_BYTES", split_bytes // 3)
    planned = plan_files(3_000, 6, 0.15)
    write_files(tmp_path, 7, planned)
    lake = Objects(tmp_path.as_uri())
    files = {
        number: ClaimedFile(file.name, file.name, (tmp_path / file.name).stat().st_size, None, arrived_at)
        for number, file in enumerate(planned, start=1)
        for arrived_at in [FIRST_ARRIVAL + timedelta(minutes=number)]
    }
    layouts = {
        number: find_layout(lambda size, key=file.key: lake.read_range(key, 0, size), file.name)
        for number, file in files.items()
    }
    source = source_of(lake, files, layouts)
    tasks = source.tasks()
    counts: CountsBySplit = {}
    numbers = pa.RecordBatch.from_pydict({"id": list(range(len(tasks)))})
    parse = parse_splits(lake, tasks, PARTS, date(2026, 2, 1), counts.update)

    records = list(parse(iter([numbers])))

    by_part = [
        record
        for part in range(PARTS)
        for record in records
        if (record["kind"][0].as_py(), record["part"][0].as_py()) == (Kind.IDENTITIES, part)
    ]
    lines = Lines(lines_before_splits(counts, source.header_lines))
    lost = list(decode(find_lost(files, lines)(iter(by_part))))
    totals = count_files(counts)
    for number, file in enumerate(planned, start=1):
        reasons = [record.rows["reason"].to_pylist() for record in lost if record.file == number]
        found = totals[number].reasons + Counter(reason for part in reasons for reason in part)
        assert (totals[number].rows, found) == (file.rows, file.rejects), file.name
    stored = sum(record.rows.num_rows for record in decode(records) if record.kind == Kind.ORDERS)
    assert stored == sum(total.good_rows for total in totals.values())
