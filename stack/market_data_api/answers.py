"""The bodies of answers, in Twelve Data's form."""

import json
from datetime import date
from itertools import cycle
from typing import Any

from stack.market_data_api.bars import Bars
from stack.market_data_api.instruments import DIRTY_SYMBOLS, Instrument
from stack.market_data_api.trading_days import EXCHANGE_ZONE

# On every tenth day a dirty symbol's bar is dirty.
_EVERY = 10


class ApiError(Exception):
    """An error of a request, or of one of its symbols."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def text(self) -> str:
        return json.dumps({"code": self.code, "message": str(self), "status": "error"})


def time_series(instrument: Instrument, bars: Bars, *, newest_first: bool) -> str:
    """One symbol's series: prices and volumes are texts."""
    meta = {
        "symbol": instrument.symbol,
        "interval": "1day",
        "currency": instrument.currency,
        "exchange_timezone": EXCHANGE_ZONE.key,
        "exchange": instrument.exchange,
        "mic_code": instrument.mic_code,
        "type": instrument.type,
    }
    values = _values(bars)
    if instrument.symbol in DIRTY_SYMBOLS:
        values = [json.dumps(value, separators=(",", ":")) for value in _dirty(instrument.symbol, values)]
    if newest_first:
        values.reverse()
    meta_text = json.dumps(meta, separators=(",", ":"))
    return f'{{"meta":{meta_text},"values":[{",".join(values)}],"status":"ok"}}'


def _values(bars: Bars) -> list[str]:
    columns = (bars.days.astype(str), bars.open, bars.high, bars.low, bars.close, bars.volume)
    form = '{"datetime":"%s","open":"%.5f","high":"%.5f","low":"%.5f","close":"%.5f","volume":"%d"}'
    return [form % row for row in zip(*(column.tolist() for column in columns), strict=True)]


def _dirty(symbol: str, texts: list[str]) -> list[dict[str, Any]]:
    values = [json.loads(text) for text in texts]
    chosen = [value for value in values if date.fromisoformat(value["datetime"]).toordinal() % _EVERY == 0]
    match symbol:
        case "NULLS":
            for value, name in zip(chosen, cycle(["open", "close", "volume"]), strict=False):
                value[name] = None
        case "HILOW":
            for value in chosen:
                value["high"], value["low"] = value["low"], value["high"]
        case "ZEROV":
            for value in chosen:
                value["volume"] = "0"
        case "TWICE":
            copies = [value | {"close": value["open"]} for value in chosen]
            values = sorted(values + copies, key=lambda value: value["datetime"])
        case "MIXED":
            for odd in range(1, len(values), 2):
                values[odd - 1], values[odd] = values[odd], values[odd - 1]
    return values


def instrument_entry(instrument: Instrument) -> dict[str, Any]:
    """An entry of /stocks; the codes that others sell licences for are left empty."""
    return {
        "symbol": instrument.symbol,
        "name": instrument.name,
        "currency": instrument.currency,
        "exchange": instrument.exchange,
        "mic_code": instrument.mic_code,
        "country": "United States",
        "type": instrument.type,
        "figi_code": "",
        "cfi_code": "ESVUFR",
        "isin": "",
        "cusip": "",
    }
