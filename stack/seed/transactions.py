"""Rows of transactions, in chunks of bounded size."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stack.seed import vocabulary
from stack.seed.arrow import arrow_table, padded, text
from stack.seed.planted import PLANTED, Outcome
from stack.seed.randomness import Stream, dirty_rows, generator
from stack.seed.size import SeedSize
from stack.seed.tables import ORPHAN_OFFSET, account_ids, account_owners
from stack.seed.vocabulary import pick

CHUNK_ROWS = 50_000

_AMOUNT_30_DIGITS = "123456789012345678901234567890"


@dataclass(frozen=True)
class TransactionFacts:
    """What a chunk of transactions, from row `start` on, shares with its events. Times are datetime64[us]."""

    part: int
    start: int
    status: np.ndarray
    occurred_at: np.ndarray

    @property
    def end(self) -> int:
        return self.start + len(self.status)


def rejected_rows(size: SeedSize) -> np.ndarray:
    """Row numbers of the transactions that the star schema rejects. They have no events."""
    dirty = dirty_rows("transactions", size)
    kinds = [dirt.kind for dirt in PLANTED if dirt.source == "transactions" and dirt.outcome is Outcome.REJECTED]
    return np.concatenate([dirty[kind] for kind in kinds])


def transaction_facts(size: SeedSize) -> Iterator[TransactionFacts]:
    """In chunks; the time goes up with the row number."""
    begin, end = size.history_us
    for part, start in enumerate(range(0, size.transactions, CHUNK_ROWS)):
        random = generator(Stream.TRANSACTION_FACTS, part)
        count = min(CHUNK_ROWS, size.transactions - start)
        position = (np.arange(start, start + count) + random.random(count)) / size.transactions
        yield TransactionFacts(
            part=part,
            start=start,
            status=pick(random, ["completed", "pending", "failed", "reversed"], count, [0.92, 0.03, 0.03, 0.02]),
            occurred_at=begin + (position * (end - begin).astype(np.int64)).astype("timedelta64[us]"),
        )


def transactions(size: SeedSize) -> Iterator[pa.Table]:
    dirty = dirty_rows("transactions", size)
    account_id, customer_id = account_ids(size), account_owners(size)
    for facts in transaction_facts(size):
        account = generator(Stream.TRANSACTIONS, facts.part).integers(size.accounts, size=len(facts.status))
        in_chunk = {
            kind: rows[(rows >= facts.start) & (rows < facts.end)] - facts.start for kind, rows in dirty.items()
        }
        columns = {
            "account_id": account_id[account],
            "customer_id": customer_id[account],
            **_columns(facts, generator(Stream.TRANSACTIONS, facts.part).spawn(1)[0]),
        }
        _plant(columns, in_chunk)
        keys = np.arange(facts.start, facts.end) + 1
        yield arrow_table("transaction_id", keys, columns, null_rows=in_chunk["all_null"])


def _columns(facts: TransactionFacts, random: np.random.Generator) -> dict[str, np.ndarray]:
    count = len(facts.status)
    types = ["payment", "transfer", "withdrawal", "deposit", "fee", "refund"]
    transaction_type = pick(random, types, count, [0.5, 0.15, 0.1, 0.18, 0.04, 0.03])
    cents = np.maximum(1, random.lognormal(mean=8.3, sigma=1.1, size=count)).astype(np.int64)
    is_credit = np.isin(transaction_type.astype(str), ["deposit", "refund"])
    merchant = random.integers(len(vocabulary.MERCHANTS), size=count)
    merchant_name = np.array(vocabulary.MERCHANTS, dtype=object)[merchant]
    seconds = random.integers(1, 3600, size=count).astype("timedelta64[s]")
    return {
        "transaction_type": transaction_type,
        "amount": np.char.mod("%.2f", np.where(is_credit, cents, -cents) / 100).astype(object),
        "currency_code": pick(random, vocabulary.CURRENCIES, count, [0.6, 0.25, 0.1, 0.05]),
        "merchant_name": merchant_name,
        "category_code": np.array(vocabulary.CATEGORIES, dtype=object)[merchant],
        "channel": pick(random, ["web", "mobile", "branch", "atm", "pos"], count, [0.25, 0.35, 0.05, 0.1, 0.25]),
        "description": transaction_type
        + " at "
        + merchant_name
        + ", reference "
        + text(random.integers(10**9, size=count)),
        "status": facts.status,
        "occurred_at": facts.occurred_at.copy(),
        "created_at": facts.occurred_at,
        "updated_at": facts.occurred_at + seconds,
    }


def _plant(columns: dict[str, np.ndarray], rows: dict[str, np.ndarray]) -> None:
    columns["account_id"][rows["orphan_account"]] += ORPHAN_OFFSET
    columns["customer_id"][rows["orphan_customer"]] += ORPHAN_OFFSET
    columns["merchant_name"][rows["empty_string"]] = ""
    unicode_merchants = np.array(vocabulary.UNICODE_MERCHANTS, dtype=object)
    columns["merchant_name"][rows["unicode_merchant"]] = np.resize(unicode_merchants, len(rows["unicode_merchant"]))
    for name, change in (("transaction_type", padded), ("channel", str.upper), ("currency_code", str.lower)):
        columns[name][rows["odd_case_code"]] = [change(code) for code in columns[name][rows["odd_case_code"]]]
    columns["amount"][rows["amount_nan"]] = "NaN"
    columns["amount"][rows["amount_30_digits"]] = _AMOUNT_30_DIGITS
    columns["amount"][rows["amount_below_cent"]] += "25"
    columns["occurred_at"][rows["year_0001"]] = np.datetime64("0001-01-01T00:00:00")
    columns["occurred_at"][rows["year_9999"]] = np.datetime64("9999-12-31T23:59:59")
