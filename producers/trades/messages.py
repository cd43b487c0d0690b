"""Reading what the feed sends: trades that are sound, and why others are refused."""

import json
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lakehouse_contract.trades import (
    INVALID_PRICE,
    INVALID_VOLUME,
    MALFORMED,
    MOST_OCCURRENCE,
    MOST_WHOLE_DIGITS,
    NOT_JSON,
    RefusedError,
    Trade,
    check_moment,
    number_text,
    read_conditions,
    read_number,
)

# Beside the contract's: what only the producer can tell.
NOT_TEXT = "not_text"
NOT_A_MESSAGE = "not_a_message"
FEED_ERROR = "feed_error"
UNKNOWN_SYMBOL = "unknown_symbol"

_LONGEST_SAMPLE = 500


@dataclass(frozen=True)
class Refusal:
    """Why a message or a trade is not taken, and what it looked like."""

    reason: str
    sample: str


@dataclass
class Message:
    """What came: trades in their order, refused ones, or a message that cannot be read at all."""

    trades: list[Trade] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    unreadable: Refusal | None = None


def read_message(payload: str | bytes, symbols: Set[str], received_at_ms: int) -> Message:
    """A message of Finnhub's websocket (https://finnhub.io/docs/api/websocket-trades).

    Equal trades of one message are different trades, numbered by their occurrence; in another message they are the
    same ones again, because Finnhub gives trades no identity and sends some messages twice
    (finnhubio/Finnhub-API issue 158). One refused trade does not touch the others.

    :param symbols: those that were subscribed to
    """
    try:
        items = _read_items(payload)
    except RefusedError as error:
        return Message(unreadable=Refusal(error.reason, str(payload[:_LONGEST_SAMPLE])))
    message = Message()
    moment = datetime.fromtimestamp(received_at_ms / 1000, UTC)
    occurrences: Counter[tuple] = Counter()
    for item in items:
        try:
            values = _read_trade(item, symbols, moment)
            _check_occurrence(occurrences[values])
        except RefusedError as error:
            message.refused.append(Refusal(error.reason, json.dumps(item, default=str)[:_LONGEST_SAMPLE]))
            continue
        message.trades.append(Trade(*values, occurrences[values], received_at_ms))
        occurrences[values] += 1
    return message


def _read_items(payload: str | bytes) -> list[Any]:
    """What a message has as trades; none in a ping."""
    if isinstance(payload, bytes):
        raise RefusedError(NOT_TEXT, "The message is not text.")
    try:
        # Decimal keeps the digits that came; NaN and the infinities, which are no JSON, come as texts.
        content = json.loads(payload, parse_float=_decimal_or_text, parse_constant=str)
    except (ValueError, RecursionError):
        raise RefusedError(NOT_JSON, "The message is no JSON.") from None
    match content:
        case {"type": "trade", "data": list() as items}:
            return items
        case {"type": "ping"}:
            return []
        case {"type": "error"}:
            raise RefusedError(FEED_ERROR, "The feed reports an error.")
    raise RefusedError(NOT_A_MESSAGE, "The message has no trades and is no ping.")


def _decimal_or_text(number: str) -> Decimal | str:
    """The digits that came; as they are where their exponent is beyond what a Decimal has."""
    try:
        return Decimal(number)
    except InvalidOperation:
        return number


def _read_trade(item: Any, symbols: Set[str], moment: datetime) -> tuple[str, Decimal, Decimal, int, tuple[str, ...]]:
    """Symbol, price, volume, milliseconds and conditions, as a Trade begins. Raises RefusedError."""
    if not isinstance(item, dict):
        raise RefusedError(MALFORMED, "The trade is no JSON object.")
    symbol, traded_at_ms, conditions = item.get("s"), item.get("t"), item.get("c")
    if not isinstance(symbol, str) or symbol not in symbols:
        raise RefusedError(UNKNOWN_SYMBOL, "Nobody has subscribed to the symbol.")
    price = _read_decimal(item.get("p"), INVALID_PRICE, "price")
    if not price:
        raise RefusedError(INVALID_PRICE, "The price is 0.")
    volume = _read_decimal(item.get("v"), INVALID_VOLUME, "volume")
    if type(traded_at_ms) is not int:
        raise RefusedError(MALFORMED, "The time is no whole number.")
    check_moment(traded_at_ms, moment)
    if conditions is not None and not isinstance(conditions, list):
        raise RefusedError(MALFORMED, "The conditions are no list.")
    return symbol, price, volume, traded_at_ms, read_conditions(conditions or [])


def _check_occurrence(occurrence: int) -> None:
    if occurrence > MOST_OCCURRENCE:
        raise RefusedError(MALFORMED, f"The message has more than {MOST_OCCURRENCE} trades like this one.")


def _read_decimal(value: Any, reason: str, name: str) -> Decimal:
    # Its size is looked at first: written out, 1e999999999 would fill the memory.
    if type(value) is int or (isinstance(value, Decimal) and abs(value.adjusted()) <= 2 * MOST_WHOLE_DIGITS):
        return read_number(number_text(Decimal(value)), reason, name)
    raise RefusedError(reason, f"The {name} is no number, or far too large or small.")
