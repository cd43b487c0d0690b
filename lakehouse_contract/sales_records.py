"""Files of sales records: their columns, and the values that regions, countries, items and codes may have."""

import tomllib
from hashlib import blake2b
from importlib.resources import files

_DECLARED = tomllib.loads(files("lakehouse_contract").joinpath("sales_records.toml").read_text())

# Name in the header by name of the column, in the order of the well-known files.
TITLES: dict[str, str] = _DECLARED["columns"]
COUNTRIES: dict[str, tuple[str, ...]] = {region: tuple(found) for region, found in _DECLARED["countries"].items()}
REGION_OF: dict[str, str] = {country: region for region, found in COUNTRIES.items() for country in found}
ITEM_TYPES: tuple[str, ...] = tuple(_DECLARED["values"]["item_type"])
SALES_CHANNELS: tuple[str, ...] = tuple(_DECLARED["values"]["sales_channel"])
ORDER_PRIORITIES: tuple[str, ...] = tuple(_DECLARED["values"]["order_priority"])

_SEPARATOR = "\x1f"


def region_key(region: str, country: str) -> int:
    """The key of a country in its region, in dim_regions."""
    return _hash(f"{region}{_SEPARATOR}{country}")


def product_key(item_type: str) -> int:
    """The key of a type of items, in dim_products."""
    return _hash(item_type)


def _hash(text: str) -> int:
    """The first 64 bits of the BLAKE2b hash of a text in UTF-8, signed, big-endian."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
