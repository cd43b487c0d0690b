"""The gate behind the extraction: what DMS says it loaded lies in the lake, and no table is empty."""

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.hooks.lake import LakeHook

from lakehouse.tables import SOURCE_TABLES


@task
def check_raw_tables(loads: list[dict[str, int]], lake_bucket: str) -> dict[str, dict[str, int]]:
    """Rows at the source and in the raw Parquet files of every table: `{table: {"source_rows", "raw_rows"}}`.

    Fails without a retry when they differ or a table is empty: only another extraction can help.

    :param loads: rows by `schema.table`, as each DMS full load returned them
    """
    loaded = {source_name: rows for load in loads for source_name, rows in load.items()}
    lake = LakeHook()
    counts = {
        table.name: {
            "source_rows": loaded.get(table.source_name, 0),
            "raw_rows": lake.parquet_row_count(lake_bucket, table.raw_prefix),
        }
        for table in SOURCE_TABLES
    }
    faults = raw_faults(counts)
    if faults:
        raise AirflowFailException(f"The raw tables are not fit for the warehouse: {'; '.join(faults)}.")
    return counts


def raw_faults(counts: dict[str, dict[str, int]]) -> list[str]:
    faults = [f"{table} is empty" for table, rows in counts.items() if rows["source_rows"] == 0]
    faults += [
        f"{table} has {rows['raw_rows']} rows in the lake, DMS loaded {rows['source_rows']}"
        for table, rows in counts.items()
        if rows["source_rows"] != rows["raw_rows"]
    ]
    return faults
