"""What the producer is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from lakehouse_contract.trades import is_symbol

FINNHUB_URL = "wss://ws.finnhub.io"


class SettingsError(ValueError):
    """A variable that the producer cannot work with; the message says which and what to set."""


@dataclass(frozen=True)
class Settings:
    """`secret_id` names the secret of Secrets Manager with the token, `{"token": …}`.

    What comes is put after `linger_seconds` at most. The feed is given up when it says nothing, not even a ping, for
    `silence_seconds`: Finnhub pings every one or two minutes (Finnhub-Stock-API/finnhub-js issue 21). `flush_seconds`
    is how long the end may take; ECS waits for it.
    """

    stream: str
    symbols: tuple[str, ...]
    secret_id: str
    feed_url: str = FINNHUB_URL
    heartbeat_file: Path | None = None
    most_buffered_trades: int = 100_000
    linger_seconds: float = 0.2
    silence_seconds: float = 150
    metrics_seconds: float = 10
    flush_seconds: float = 25

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises SettingsError."""
        heartbeat_file = environment.get("LAKEHOUSE_TRADES_HEARTBEAT")
        return cls(
            stream=_needed(environment, "LAKEHOUSE_TRADES_STREAM", "the name of the Kinesis stream"),
            symbols=_symbols(environment),
            secret_id=_needed(environment, "LAKEHOUSE_FINNHUB_SECRET", "the secret with the token of Finnhub"),
            feed_url=_url(environment.get("LAKEHOUSE_FINNHUB_URL") or FINNHUB_URL),
            heartbeat_file=Path(heartbeat_file) if heartbeat_file else None,
            most_buffered_trades=int(_number(environment, "LAKEHOUSE_TRADES_BUFFER", cls.most_buffered_trades)),
            linger_seconds=_number(environment, "LAKEHOUSE_TRADES_LINGER_SECONDS", cls.linger_seconds),
            silence_seconds=_number(environment, "LAKEHOUSE_TRADES_SILENCE_SECONDS", cls.silence_seconds),
            metrics_seconds=_number(environment, "LAKEHOUSE_TRADES_METRICS_SECONDS", cls.metrics_seconds),
            flush_seconds=_number(environment, "LAKEHOUSE_TRADES_FLUSH_SECONDS", cls.flush_seconds),
        )


def _needed(environment: Mapping[str, str], variable: str, meaning: str) -> str:
    value = environment.get(variable)
    if not value:
        raise SettingsError(f"{variable} is not set: set it to {meaning}.")
    return value


def _symbols(environment: Mapping[str, str]) -> tuple[str, ...]:
    text = _needed(environment, "LAKEHOUSE_TRADES_SYMBOLS", "symbols, separated by commas")
    symbols = tuple(dict.fromkeys(symbol.strip() for symbol in text.split(",") if symbol.strip()))
    wrong = [symbol for symbol in symbols if not is_symbol(symbol)]
    if wrong or not symbols:
        raise SettingsError(f"LAKEHOUSE_TRADES_SYMBOLS has {(wrong or [text])[0]!r}, which is no symbol: correct it.")
    return symbols


def _url(text: str) -> str:
    if urlsplit(text).scheme not in {"ws", "wss"} or not urlsplit(text).hostname:
        raise SettingsError(f"LAKEHOUSE_FINNHUB_URL is no address of a websocket: set it to one like {FINNHUB_URL}.")
    return text


def _number(environment: Mapping[str, str], variable: str, default: float) -> float:
    text = environment.get(variable) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise SettingsError(f"{variable} is {text!r}: set it to a number above 0.")
    return number
