"""The gate behind the extraction: what DMS says it loaded lies in the raw bucket, and no table is empty."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.dms.hook import DmsFullLoadHook
from lakehouse_aws.raw_archive.hook import RawArchiveHook

from lakehouse.tables import SOURCE_TABLES
from lakehouse_contract.raw_archive import Extraction


@task(multiple_outputs=True)
def check_raw_tables(loads: dict[str, dict[str, Any]], raw_bucket: str) -> dict[str, Any]:
    """The document of the extraction: its UTC day, rows of every table at the source and in raw files, and the files.

    Fails without a retry when they differ, a table is empty, or a later load has replaced the files: only another
    extraction can help.

    :param loads: by the full load's identifier its rows by `schema.table` (`rows`), and when it ended (`ended_at`)
    """
    loaded = {source_name: rows for load in loads.values() for source_name, rows in load["rows"].items()}
    archive, dms = RawArchiveHook(), DmsFullLoadHook()
    counts = {
        table.name: {
            "source_rows": loaded.get(table.source_name, 0),
            "raw_rows": archive.parquet_row_count(raw_bucket, table.raw_prefix),
        }
        for table in SOURCE_TABLES
    }
    files = archive.raw_files(raw_bucket, {table.name: table.raw_prefix for table in SOURCE_TABLES})
    for full_load, load in loads.items():
        dms.check_is_last(full_load, load["ended_at"])
    faults = raw_faults(counts)
    if faults:
        raise AirflowFailException(f"The raw tables are not fit for the warehouse: {'; '.join(faults)}.")
    load_date = min(datetime.fromisoformat(load["ended_at"]) for load in loads.values()).astimezone(UTC).date()
    return Extraction(load_date.isoformat(), counts, tuple(files)).document()


def raw_faults(counts: dict[str, dict[str, int]]) -> list[str]:
    faults = [f"{table} is empty" for table, rows in counts.items() if rows["source_rows"] == 0]
    faults += [
        f"{table} has {rows['raw_rows']} rows in the raw bucket, DMS loaded {rows['source_rows']}"
        for table, rows in counts.items()
        if rows["source_rows"] != rows["raw_rows"]
    ]
    return faults
