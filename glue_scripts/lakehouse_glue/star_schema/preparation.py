"""From the raw tables to clean ones: cleaned, deduplicated, events summarized, the rest rejected. Writes nothing."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.checks import kept
from lakehouse_glue.concurrency import in_parallel
from lakehouse_glue.star_schema.accounts import clean_accounts
from lakehouse_glue.star_schema.changed_by_dms import ChangedValues, reject_changed
from lakehouse_glue.star_schema.customers import clean_customers
from lakehouse_glue.star_schema.pii import needs_token_pads
from lakehouse_glue.star_schema.rejects import CONTENT_HASH, build_rejects, find_duplicate_keys, mark_duplicates
from lakehouse_glue.star_schema.schemas import ACCOUNTS, CUSTOMERS, SOURCES, TRANSACTION_EVENTS, TRANSACTIONS
from lakehouse_glue.star_schema.tokens import with_token_pads
from lakehouse_glue.star_schema.transaction_events import (
    clean_transaction_events,
    mark_unknown_transactions,
    reject_unknown_transactions,
    summarize_events,
)
from lakehouse_glue.star_schema.transactions import clean_transactions

MAX_BROADCAST_KEYS = 1_000_000
CLEAN: dict[str, Callable[[DataFrame], DataFrame]] = {
    CUSTOMERS: clean_customers,
    ACCOUNTS: clean_accounts,
    TRANSACTIONS: clean_transactions,
    TRANSACTION_EVENTS: clean_transaction_events,
}
# Of two documents that are equally new the one inserted last wins: ObjectIds grow with time.
TIE_BREAK = {TRANSACTION_EVENTS: "_id"}
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """The transactions to keep, one row of facts per transaction that has events, and the rejects of all sources."""

    transactions: DataFrame
    event_facts: DataFrame
    rejects: DataFrame


def mark(sources: Mapping[str, DataFrame], changed: ChangedValues, token_key: bytes) -> dict[str, DataFrame]:
    """Cleaned rows of each source, those that are rejected with their reason."""
    return in_parallel({name: partial(_mark, name, raw, changed, token_key) for name, raw in sources.items()})


def prepare(marked: Mapping[str, DataFrame]) -> Prepared:
    """From the marked rows of all sources."""
    transactions, events = kept(marked[TRANSACTIONS]), kept(marked[TRANSACTION_EVENTS])
    event_facts = mark_unknown_transactions(summarize_events(events), transactions.select("transaction_id")).persist()
    unknown_ids, unknown = counted_keys(event_facts.filter(~f.col("is_known")).select("transaction_id"))
    rejects = [build_rejects(frame, SOURCES[name]) for name, frame in marked.items()]
    if unknown:
        logger.info("%s: %d transactions are not known", TRANSACTION_EVENTS, unknown)
        rejects.append(build_rejects(reject_unknown_transactions(events, unknown_ids), SOURCES[TRANSACTION_EVENTS]))
    return Prepared(
        transactions=transactions,
        event_facts=event_facts.filter("is_known").drop("is_known"),
        rejects=reduce(DataFrame.unionByName, rejects),
    )


def _mark(name: str, raw: DataFrame, changed: ChangedValues, token_key: bytes) -> DataFrame:
    """Cleaned rows with duplicates marked, which costs no more than counting the keys when there are none.

    They are kept in memory or on disk, because duplicates, facts and rejects are each read from them.
    """
    cleaned = CLEAN[name](with_token_pads(raw, token_key) if needs_token_pads(name) else raw)
    cleaned = reject_changed(cleaned, SOURCES[name], changed).persist()
    duplicate_keys, count = counted_keys(find_duplicate_keys(cleaned))
    if count == 0:
        return cleaned
    logger.info("%s: %d keys have more than one row", name, count)
    return mark_duplicates(cleaned, SOURCES[name], duplicate_keys, TIE_BREAK.get(name, CONTENT_HASH))


def counted_keys(keys: DataFrame) -> tuple[DataFrame, int]:
    """Keys to look rows up by, and their number: few are broadcast, so that the rows need no shuffle."""
    keys = keys.persist()
    count = keys.count()
    return (f.broadcast(keys) if count <= MAX_BROADCAST_KEYS else keys), count
