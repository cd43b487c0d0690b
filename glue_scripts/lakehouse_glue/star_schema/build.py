"""One run of the star schema: its tables on branches of their own, checked, and last of all the run's document."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.branches import run_branch
from lakehouse_contract.datasets import STAR_SCHEMA
from lakehouse_glue.changes import write_if_changed
from lakehouse_glue.checks import kept
from lakehouse_glue.concurrency import in_parallel
from lakehouse_glue.dimensions import IS_IN_SOURCE, UNKNOWN_KEY, keep_gone, keys_in_source
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import BranchTable, conform, open_branches
from lakehouse_glue.lake import Lake
from lakehouse_glue.months import (
    FINGERPRINTS,
    WrittenMonths,
    fingerprints_entry,
    in_months,
    months_of,
    write_changed_months,
)
from lakehouse_glue.raw_archive import Locations
from lakehouse_glue.run_documents import run_document, write_run_document
from lakehouse_glue.session import size_shuffles
from lakehouse_glue.star_schema.accounts import build_dim_accounts
from lakehouse_glue.star_schema.changed_by_dms import ChangedValues, read_changed_values
from lakehouse_glue.star_schema.changed_slices import MarkedSlices, SliceInputs, mark_slices
from lakehouse_glue.star_schema.customers import build_dim_customers
from lakehouse_glue.star_schema.dates import build_dim_dates
from lakehouse_glue.star_schema.preparation import Prepared, mark, prepare
from lakehouse_glue.star_schema.rejects import REJECTED_ROW, mark_first_rejections
from lakehouse_glue.star_schema.schemas import ACCOUNTS, CUSTOMERS, SOURCES, TRANSACTION_EVENTS, TRANSACTIONS
from lakehouse_glue.star_schema.slices import SLICES, Slice, is_in
from lakehouse_glue.star_schema.sources import read_sources
from lakehouse_glue.star_schema.transactions import build_fact_transactions

logger = logging.getLogger(__name__)
Branches = Mapping[str, BranchTable]


@dataclass(frozen=True)
class Run:
    """One run of the transform job: its id, Airflow's run id, and the share of a source that may be rejected."""

    run: str
    run_id: str
    max_reject_share: float


def build_star_schema(
    spark: SparkSession,
    lake: Lake,
    database: str,
    locations: Locations,
    token_key: bytes,
    run: Run,
) -> dict[str, Any]:
    """Write the tables to the run's branches, and the run's document, which is returned.

    What has the published rows already is left as it is. `locations` gives the files of a raw table. Raises
    BadInputError, before the facts are written, when a source has more rejects than allowed or was not compared with
    its database.
    """
    sources = read_sources(spark, locations)
    source_rows = in_parallel({name: raw.count for name, raw in sources.items()})
    for name, rows in source_rows.items():
        logger.info("%s: %d raw rows", name, rows)
    size_shuffles(spark, sum(source_rows.values()))
    steps: dict[str, Callable[[], Any]] = {
        "marked": partial(_mark_dimensions, spark, sources, locations, token_key),
        "branches": partial(open_branches, spark, lake.root, database, STAR_SCHEMA.tables, run.run),
    }
    (changed, marked), branches = in_parallel(steps).values()
    inputs = SliceInputs(
        {name: sources[name] for name in (TRANSACTIONS, TRANSACTION_EVENTS)},
        changed,
        {SOURCES[name].key: _kept_keys(marked[name], SOURCES[name].key) for name in (CUSTOMERS, ACCOUNTS)},
        token_key,
    )
    marked_slices = in_parallel(
        {
            "slices": partial(mark_slices, inputs, branches, lake, sum(source_rows.values())),
            "dimensions": partial(_write_dimensions, spark, branches, kept(marked[CUSTOMERS]), kept(marked[ACCOUNTS])),
        }
    )["slices"]
    prepared = prepare(marked | marked_slices.rows)
    kept_amount = _write_rejects_and_sum(branches, prepared, marked_slices)
    rejected_rows = _check_rejects(branches["rejects"], source_rows, run)
    months = _write_facts(branches, prepared, marked_slices.computed, lake)
    document = _document(branches, run, source_rows, rejected_rows, kept_amount)
    document[FINGERPRINTS] = fingerprints_entry(branches, {"fact_transactions": months})
    if marked_slices.all:
        document[SLICES] = marked_slices.all.as_entry()
    spark.catalog.clearCache()
    write_run_document(lake, document)
    return document


def _mark_dimensions(
    spark: SparkSession, sources: Mapping[str, DataFrame], locations: Locations, token_key: bytes
) -> tuple[ChangedValues, dict[str, DataFrame]]:
    changed = read_changed_values(spark, locations)
    return changed, mark({name: sources[name] for name in (CUSTOMERS, ACCOUNTS)}, changed, token_key)


def _kept_keys(marked: DataFrame, name: str) -> DataFrame:
    return kept(marked).select(f.col(name).alias(name.replace("_id", "_key")))


def _write_dimensions(spark: SparkSession, branches: Branches, customers: DataFrame, accounts: DataFrame) -> None:
    customer_keys = customers.select(f.col("customer_id").alias("customer_key"))
    dimensions = {
        "dim_customers": build_dim_customers(customers),
        "dim_accounts": build_dim_accounts(accounts, customer_keys),
    }
    in_parallel(
        {
            "dim_dates": partial(write_if_changed, branches["dim_dates"], build_dim_dates(spark)),
            **{name: partial(_write_dimension, branches[name], frame) for name, frame in dimensions.items()},
        }
    )


def _write_rejects_and_sum(branches: Branches, prepared: Prepared, slices: MarkedSlices) -> Decimal:
    """The sum of the kept transactions' amounts, as they were when each was computed."""
    if slices.all:
        _write_rejects(branches["rejects"], prepared.rejects, slices.computed)
        return sum(slices.all.amounts.values(), Decimal(0))
    results = in_parallel(
        {
            "rejects": partial(_write_rejects, branches["rejects"], prepared.rejects, None),
            "amount": prepared.transactions.agg(f.sum("amount").alias("amount")).first,
        }
    )
    return results["amount"]["amount"] or Decimal(0)


def _write_dimension(branch: BranchTable, current: DataFrame) -> None:
    columns = [f.col(name).cast(type_) for name, type_ in branch.declaration.types.items() if name != IS_IN_SOURCE]
    (key,) = branch.declaration.sort_keys
    write_if_changed(branch, keep_gone(current.select(columns), branch.read_published(), key))


def _write_rejects(branch: BranchTable, rejects: DataFrame, slices: set[Slice] | None) -> None:
    """A row that is rejected again stays as it was, with the run that rejected it first."""
    published = branch.read_published()
    if slices is None:
        stays = f.lit(False)
    else:
        stays = f.col("source").isin(TRANSACTIONS, TRANSACTION_EVENTS) & ~is_in(slices, f.col("transaction_id"))
    marked = mark_first_rejections(rejects, published.filter(~stays), branch.run, datetime.now(UTC))
    write_if_changed(branch, marked.unionByName(published.filter(stays)), (*REJECTED_ROW, "transaction_id"))


def _check_rejects(rejects: BranchTable, source_rows: Mapping[str, int], run: Run) -> dict[str, int]:
    """Rejected rows by source."""
    reasons: dict[str, dict[str, int]] = {name: {} for name in source_rows}
    for row in rejects.read().groupBy("source", "reason").count().collect():
        reasons[row["source"]][row["reason"]] = row["count"]
        logger.info("%s: rejected %d rows as %s", row["source"], row["count"], row["reason"])
    rejected_rows = {name: sum(counts.values()) for name, counts in reasons.items()}
    for name, rejected in rejected_rows.items():
        share = rejected / max(source_rows[name], 1)
        if share > run.max_reject_share:
            top = sorted(reasons[name].items(), key=lambda item: (-item[1], item[0]))[:3]
            raise BadInputError(
                f"{name}: {rejected} of {source_rows[name]} rows ({share:.2%}) were rejected, more than the allowed "
                f"{run.max_reject_share:.2%}, most often as "
                f"{', '.join(f'{reason} ({count})' for reason, count in top)}: "
                f"see the table rejects FOR VERSION AS OF '{run_branch(run.run)}'."
            )
    return rejected_rows


def _write_facts(branches: Branches, prepared: Prepared, slices: set[Slice] | None, lake: Lake) -> WrittenMonths:
    """The facts of these slices, beside those published ones of the others that share a month with them."""
    facts = build_fact_transactions(
        prepared.transactions,
        prepared.event_facts,
        keys_in_source(branches["dim_customers"].read(), "customer_key"),
        keys_in_source(branches["dim_accounts"].read(), "account_key"),
    )
    branch = branches["fact_transactions"]
    if slices is None:
        return write_changed_months(branch, facts, lake)
    facts = conform(facts, branch.declaration).persist()
    published, is_computed = branch.read_published(), is_in(slices, f.col("transaction_key"))
    months = months_of(facts) | months_of(published.filter(is_computed))
    others = published.filter(in_months(months) & ~is_computed)
    return write_changed_months(branch, facts.unionByName(others), lake, given=months)


def _document(
    branches: Branches, run: Run, source_rows: Mapping[str, int], rejected_rows: Mapping[str, int], kept_amount: Any
) -> dict[str, Any]:
    """The run's document; raises RuntimeError where a row is lost.

    The rows of the tables are as Iceberg counts them (BranchTable.row_count). Read back from the branches are the
    customers and accounts that the sources have, and the sums of the facts' amounts and events.
    """
    rows = {table: branch.row_count for table, branch in branches.items()}
    counted = in_parallel(
        {
            "facts": branches["fact_transactions"].read().agg(f.sum("amount"), f.sum("event_count")).first,
            CUSTOMERS: partial(_rows_in_source, branches["dim_customers"], "customer_key"),
            ACCOUNTS: partial(_rows_in_source, branches["dim_accounts"], "account_key"),
        }
    )
    facts = counted.pop("facts")
    kept_rows = {
        **counted,
        TRANSACTIONS: rows["fact_transactions"],
        TRANSACTION_EVENTS: facts["sum(event_count)"] or 0,
    }
    for name, number in kept_rows.items():
        if number + rejected_rows[name] != source_rows[name]:
            raise RuntimeError(
                f"{name}: {source_rows[name]} rows were read, but {number} kept and {rejected_rows[name]} rejected"
            )
    sources = {name: {"rows": source_rows[name], "rejected_rows": rejected_rows[name]} for name in source_rows}
    sums = {"transactions.amount": kept_amount, "fact_transactions.amount": facts["sum(amount)"] or 0}
    return run_document(run.run, run.run_id, branches, rows, sources, sums)


def _rows_in_source(dimension: BranchTable, key: str) -> int:
    return keys_in_source(dimension.read(), key).filter(f.col(key) != UNKNOWN_KEY).count()
