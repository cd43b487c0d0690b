"""Writing one snapshot of the star schema: tables, checks and, last, the manifest."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as f

from lakehouse_glue.concurrency import in_parallel
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import Lake, conform, read_parquet, write_parquet
from lakehouse_glue.session import size_shuffles
from lakehouse_glue.star_schema.accounts import DIM_ACCOUNTS, build_dim_accounts
from lakehouse_glue.star_schema.changed_by_dms import ChangedValues
from lakehouse_glue.star_schema.customers import DIM_CUSTOMERS, build_dim_customers
from lakehouse_glue.star_schema.dates import DIM_DATES, build_dim_dates
from lakehouse_glue.star_schema.manifest import table_entry, write_manifest
from lakehouse_glue.star_schema.preparation import Prepared, prepare
from lakehouse_glue.star_schema.rejects import REJECTS
from lakehouse_glue.star_schema.schemas import ACCOUNTS, CUSTOMERS, TRANSACTION_EVENTS, TRANSACTIONS
from lakehouse_glue.star_schema.transactions import (
    FACT_TRANSACTIONS,
    PARTITION_KEYS,
    SORT_KEYS,
    build_fact_transactions,
)

TABLES = {
    "dim_customers": DIM_CUSTOMERS,
    "dim_accounts": DIM_ACCOUNTS,
    "dim_dates": DIM_DATES,
    "fact_transactions": FACT_TRANSACTIONS,
    "rejects": REJECTS,
}
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """One run of the transform job: its snapshot, Airflow's run id, and the share of a source that may be rejected."""

    snapshot: str
    run_id: str
    max_reject_share: float


@dataclass(frozen=True)
class SnapshotWriter:
    spark: SparkSession
    lake: Lake
    run: Run

    def location(self, table: str) -> str:
        return self.lake.table_location(table, self.run.snapshot)

    def write(self, table: str, frame: DataFrame, sort_key: str) -> None:
        """Write a table in files of even size, sorted within."""
        rebalanced = conform(frame, TABLES[table]).hint("rebalance")
        write_parquet(rebalanced.sortWithinPartitions(sort_key), self.location(table))

    def write_by_month(self, table: str, frame: DataFrame) -> None:
        """Write a table partitioned by month in files of even size, sorted within."""
        query = files("lakehouse_glue.star_schema").joinpath("rebalance_by_month.sql").read_text()
        rebalanced = self.spark.sql(query, facts=conform(frame, TABLES[table]))
        write_parquet(rebalanced.sortWithinPartitions(*SORT_KEYS), self.location(table), PARTITION_KEYS)

    def read(self, table: str) -> DataFrame:
        return _read_table(self.spark, table, self.location(table))


def _read_table(spark: SparkSession, table: str, location: str) -> DataFrame:
    schema = ", ".join(f"{name} {type_name}" for name, type_name in TABLES[table].items())
    return read_parquet(spark, location, schema)


def read_tables(spark: SparkSession, manifest: Mapping[str, Any]) -> dict[str, DataFrame]:
    """The tables of a complete snapshot by name."""
    return {name: _read_table(spark, name, entry["location"]) for name, entry in manifest["tables"].items()}


def build_snapshot(
    spark: SparkSession,
    lake: Lake,
    sources: Mapping[str, DataFrame],
    changed: ChangedValues,
    token_key: bytes,
    run: Run,
) -> dict[str, Any]:
    """Write the tables of a snapshot and its manifest, which is returned.

    Raises BadInputError, before the facts are written, when a source has more rejects than allowed.
    """
    source_rows = in_parallel({name: raw.count for name, raw in sources.items()})
    for name, rows in source_rows.items():
        logger.info("%s: %d raw rows", name, rows)
    size_shuffles(spark, sum(source_rows.values()))
    writer = SnapshotWriter(spark, lake, run)
    prepared = prepare(sources, changed, token_key)
    kept_amounts = _write_dimensions_and_rejects(writer, prepared)
    rejected_rows = _check_rejects(writer, source_rows)
    _write_facts_and_dates(writer, prepared)
    manifest = _manifest(writer, source_rows, rejected_rows, kept_amounts)
    spark.catalog.clearCache()
    write_manifest(lake, manifest)
    return manifest


def _write_dimensions_and_rejects(writer: SnapshotWriter, prepared: Prepared) -> Row:
    """The sum of the kept transactions' amounts and the years that they are from."""
    customer_keys = prepared.customers.select(f.col("customer_id").alias("customer_key"))
    rejects = prepared.rejects.withColumns(
        {"snapshot_id": f.lit(writer.run.snapshot), "rejected_at": f.current_timestamp()}
    )
    year = f.year("occurred_at")
    kept_amounts = prepared.transactions.agg(
        f.sum("amount").alias("amount"), f.min(year).alias("first_year"), f.max(year).alias("last_year")
    )
    return in_parallel(
        {
            "rejects": partial(writer.write, "rejects", rejects, "source_key"),
            "dim_customers": partial(
                writer.write, "dim_customers", build_dim_customers(prepared.customers), "customer_key"
            ),
            "dim_accounts": partial(
                writer.write,
                "dim_accounts",
                build_dim_accounts(prepared.accounts, customer_keys),
                "account_key",
            ),
            "kept_amounts": kept_amounts.first,
        }
    )["kept_amounts"]


def _check_rejects(writer: SnapshotWriter, source_rows: Mapping[str, int]) -> dict[str, int]:
    """Rejected rows by source."""
    reasons: dict[str, dict[str, int]] = {name: {} for name in source_rows}
    for row in writer.read("rejects").groupBy("source", "reason").count().collect():
        reasons[row["source"]][row["reason"]] = row["count"]
        logger.info("%s: rejected %d rows as %s", row["source"], row["count"], row["reason"])
    rejected_rows = {name: sum(counts.values()) for name, counts in reasons.items()}
    for name, rejected in rejected_rows.items():
        share = rejected / max(source_rows[name], 1)
        if share > writer.run.max_reject_share:
            top = sorted(reasons[name].items(), key=lambda item: (-item[1], item[0]))[:3]
            raise BadInputError(
                f"{name}: {rejected} of {source_rows[name]} rows ({share:.2%}) were rejected, more than the allowed "
                f"{writer.run.max_reject_share:.2%}, most often as "
                f"{', '.join(f'{reason} ({count})' for reason, count in top)}: see {writer.location('rejects')}"
            )
    return rejected_rows


def _write_facts_and_dates(writer: SnapshotWriter, prepared: Prepared) -> None:
    facts = build_fact_transactions(
        prepared.transactions,
        prepared.event_facts,
        writer.read("dim_customers").select("customer_key"),
        writer.read("dim_accounts").select("account_key"),
    )
    dates = build_dim_dates(writer.spark)
    in_parallel(
        {
            "fact_transactions": partial(writer.write_by_month, "fact_transactions", facts),
            "dim_dates": partial(writer.write, "dim_dates", dates, "date_key"),
        }
    )


def _years(kept_amounts: Row) -> tuple[int, int]:
    """First and last year of the facts; without facts the current one."""
    this_year = datetime.now(UTC).year
    return kept_amounts["first_year"] or this_year, kept_amounts["last_year"] or this_year


def _manifest(
    writer: SnapshotWriter, source_rows: Mapping[str, int], rejected_rows: Mapping[str, int], kept_amounts: Row
) -> dict[str, Any]:
    """The manifest, its counts and sums read back from the files that were written."""
    rows = in_parallel({table: writer.read(table).count for table in TABLES})
    facts = writer.read("fact_transactions").agg(f.sum("amount").alias("amount"), f.sum("event_count")).first()
    kept_rows = {
        CUSTOMERS: rows["dim_customers"] - 1,
        ACCOUNTS: rows["dim_accounts"] - 1,
        TRANSACTIONS: rows["fact_transactions"],
        TRANSACTION_EVENTS: facts["sum(event_count)"] or 0,
    }
    for name, kept in kept_rows.items():
        if kept + rejected_rows[name] != source_rows[name]:
            raise RuntimeError(
                f"{name}: {source_rows[name]} rows were read, but {kept} kept and {rejected_rows[name]} rejected"
            )
    for table, count in rows.items():
        logger.info("%s: %d rows written", table, count)
    projection = {"year": list(_years(kept_amounts)), "month": [1, 12]}
    partitioned = {"fact_transactions": {"partition_keys": PARTITION_KEYS, "projection": projection}}
    return {
        "snapshot": writer.run.snapshot,
        "run_id": writer.run.run_id,
        "created_at": datetime.now(UTC).isoformat(),
        "sources": {name: {"rows": source_rows[name], "rejected_rows": rejected_rows[name]} for name in source_rows},
        "tables": {
            table: table_entry(writer.location(table), rows[table], columns, **partitioned.get(table, {}))
            for table, columns in TABLES.items()
        },
        "sums": {
            "transactions.amount": str(kept_amounts["amount"] or 0),
            "fact_transactions.amount": str(facts["amount"] or 0),
        },
    }
