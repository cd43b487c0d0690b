"""The invented instruments: 500 companies, and a few symbols whose answers are dirty."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from stack.market_data_api.trading_days import FIRST_DAY, trading_days

# A symbol is made of the first two letters of both words, which are different in each list.
# fmt: off
_FIRST_WORDS = (
    "Alder", "Amber", "Birch", "Boreal", "Cedar", "Coral", "Delta", "Ember", "Falcon", "Fjord",
    "Granite", "Harbor", "Indigo", "Juniper", "Kestrel", "Lumen", "Maple", "Nimbus", "Opal",
    "Pioneer", "Quartz", "Ridge", "Summit", "Tundra", "Willow",
)
# fmt: on
_SECTORS = {
    "Analytics": "Technology",
    "Bank": "Financial Services",
    "Chemical": "Basic Materials",
    "Drilling": "Energy",
    "Energy": "Energy",
    "Foods": "Consumer Defensive",
    "Genetics": "Healthcare",
    "Health": "Healthcare",
    "Insurance": "Financial Services",
    "Jets": "Industrials",
    "Logistics": "Industrials",
    "Media": "Communication Services",
    "Networks": "Communication Services",
    "Optics": "Technology",
    "Power": "Utilities",
    "Retail": "Consumer Cyclical",
    "Software": "Technology",
    "Trust": "Real Estate",
    "Utilities": "Utilities",
    "Works": "Basic Materials",
}
# Their bars are what the name says: nulls, high below low, duplicates, not in order, no volume.
DIRTY_SYMBOLS = ("NULLS", "HILOW", "TWICE", "MIXED", "ZEROV")
_EXCHANGES = (("NASDAQ", "XNGS"), ("NYSE", "XNYS"))
_SPLIT_RATIOS = (2, 3, 4, 10)


@dataclass(frozen=True)
class Split:
    """From `day` on one share has become `ratio`."""

    day: date
    ratio: int


@dataclass(frozen=True)
class Instrument:
    symbol: str
    name: str
    sector: str
    type: str
    exchange: str
    mic_code: str
    listed_on: date
    splits: tuple[Split, ...] = ()
    currency: str = "USD"
    is_listed: bool = True

    @cached_property
    def seed(self) -> int:
        """Of the instrument's prices; the same in every process."""
        return _number_of(self.symbol)


def all_instruments() -> dict[str, Instrument]:
    """By symbol, in the order of the symbols."""
    named = [(first, second) for first in _FIRST_WORDS for second in _SECTORS]
    companies = [_company(f"{first[:2]}{second[:2]}".upper(), first, second) for first, second in named]
    dirty = [_company(symbol, symbol.title(), "Works") for symbol in DIRTY_SYMBOLS]
    return {instrument.symbol: instrument for instrument in sorted(companies + dirty, key=lambda each: each.symbol)}


def _company(symbol: str, first: str, second: str) -> Instrument:
    number = _number_of(symbol)
    exchange, mic_code = _EXCHANGES[number % len(_EXCHANGES)]
    is_trust = second == "Trust"
    days = trading_days()
    return Instrument(
        symbol=symbol,
        name=f"{first} {second} {'REIT' if is_trust else 'Inc'}",
        sector=_SECTORS[second],
        type="REIT" if is_trust else "Common Stock",
        exchange=exchange,
        mic_code=mic_code,
        # Every twentieth came to the exchange later, within five years; every fifth was split within ten.
        listed_on=days[number // 7 % 1250].item() if number % 20 == 0 else FIRST_DAY,
        splits=(Split(days[1300 + number // 11 % 1250].item(), _SPLIT_RATIOS[number % 4]),) if number % 5 == 1 else (),
    )


def _number_of(symbol: str) -> int:
    return int.from_bytes(hashlib.blake2b(symbol.encode(), digest_size=6).digest())
