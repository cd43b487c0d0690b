"""What the market data API answered: where it lies in the raw bucket, and the manifest of one ingest.

An answer is kept byte for byte, one object per request. The manifest of an ingest is written last, under a name of its
content, so that it is never changed: its presence says that all of its answers are there.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Self
from urllib.parse import parse_qs

SOURCE = "twelve_data"
PRICES_PREFIX = f"raw/market_data/source={SOURCE}/"
INSTRUMENTS_PREFIX = f"raw/market_reference/source={SOURCE}/"
MANIFESTS_PREFIX = "manifests/market_data/"
# In the lake's bucket: which symbols are kept up. Its columns are the fields of WatchedSymbol.
WATCHLIST_KEY = "reference/market_watchlist.csv"

# S3's metadata of an answer: the path and parameters that were asked for, without the key of the API, and when (UTC).
REQUEST_METADATA = "request"
REQUESTED_AT_METADATA = "requested-at"

# The reason why a symbol is missing whose answered prices are of another history than the stored ones, as after a
# split, when the rest of that history could not be had: none of its bars in this ingest may stand beside stored ones.
HISTORY_REWRITTEN = "history_rewritten"

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class IngestError(ValueError):
    """A document that is no manifest of an ingest; the message says why."""


def stored_symbol(symbol: str) -> str:
    """The symbol of the answers, and so of the stored prices: without the exchange that it is asked for with, `VOW3` of
    `VOW3:XETR`.
    """
    return symbol.partition(":")[0]


@dataclass(frozen=True, order=True)
class WatchedSymbol:
    """A row of the watchlist: from which day on the symbol's prices are kept, and its sector, empty if nobody said it.

    One that is not active keeps the prices that it has. The sector stands here because the API's list of instruments
    has none.
    """

    symbol: str
    since_date: str
    is_active: bool
    sector: str = ""


@dataclass(frozen=True, order=True)
class RawAnswer:
    """An answer of the API in the raw bucket: key, bytes, ETag without quotes, and what was asked when.

    `request` is the path with its parameters as they follow the address, `requested_at` ISO 8601 in UTC.
    """

    key: str
    size: int
    etag: str
    request: str
    requested_at: str

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that were asked for, in their order; none for a list of instruments."""
        values = parse_qs(self.request.partition("?")[2]).get("symbol", [])
        return tuple(symbol for value in values for symbol in value.split(","))


@dataclass(frozen=True, order=True)
class MissingPrices:
    """A symbol and the days, the first and the last one, that an ingest asked for or would have, and why it has none.

    `reason` is one of the hook's names, such as `daily_limit` or `unknown_symbol`, `message` a sentence of the API.
    """

    symbol: str
    start_date: str
    end_date: str
    reason: str
    message: str = ""


@dataclass(frozen=True)
class IngestManifest:
    """What one ingest brought: the watchlist, the answers with prices and with instruments, and what is missing.

    `run_id` is Airflow's, `ingest` its form in keys. `trading_days` are the exchange's from the first day that was
    asked for to the last, in order, as `2026-11-20`: on each of them a symbol that was listed has a bar.
    """

    ingest: str
    run_id: str
    watchlist: tuple[WatchedSymbol, ...]
    trading_days: tuple[str, ...]
    prices: tuple[RawAnswer, ...]
    instruments: tuple[RawAnswer, ...]
    missing: tuple[MissingPrices, ...]

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises IngestError for what is no manifest."""
        try:
            content = json.loads(text)
            return cls(
                ingest=content["ingest"],
                run_id=content["run_id"],
                watchlist=tuple(WatchedSymbol(**row) for row in content["watchlist"]),
                trading_days=tuple(content["trading_days"]),
                prices=tuple(RawAnswer(**answer) for answer in content["prices"]),
                instruments=tuple(RawAnswer(**answer) for answer in content["instruments"]),
                missing=tuple(MissingPrices(**entry) for entry in content["missing"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IngestError(f"It is no manifest of an ingest: {error!r}.") from None

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @property
    def key(self) -> str:
        """In the raw bucket; another content has another key."""
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()[:16]
        return f"{MANIFESTS_PREFIX}{self.ingest}-{digest}.json"


def ingest_name(run_id: str, planned_at: str) -> str:
    """The name of an ingest in keys, from Airflow's run id and the moment of its plan: each plan has its own.

    It begins with neither `_` nor `.`: Hadoop takes such files for hidden ones.
    """
    digest = hashlib.sha256(json.dumps([run_id, planned_at]).encode()).hexdigest()[:8]
    return f"{_UNSAFE.sub('_', run_id).lstrip('_.')}-{digest}"


def prices_key(planned_on: date, ingest: str, batch: int, request: int, *history: int) -> str:
    """Of the answer to a request of a batch; the day is the plan's (UTC), so that an ingest lies in one folder.

    :param history: of the requests for the history that the answer to `request` has called for, the number of this one
    """
    numbers = "-".join(f"{number:04d}" for number in (batch, request, *history))
    return f"{PRICES_PREFIX}date={planned_on.isoformat()}/{ingest}-{numbers}.json"


def instruments_key(planned_on: date, ingest: str) -> str:
    """Of the answer to the request for the list of instruments."""
    return f"{INSTRUMENTS_PREFIX}date={planned_on.isoformat()}/{ingest}.json"
