"""Rows and documents of the sources, odd ones among sound ones, for Hypothesis.

A row has its points in time as Parquet does: dates as days and timestamps as microseconds since 1970, of any year.
"""

import json

from hypothesis import strategies as st

from tests.glue_scripts.conftest import ACCOUNT, CUSTOMER, EVENT, TRANSACTION

SOME_DAYS, SOME_MICROSECONDS = 19_844, 1_714_566_600_123_456
# Letters whose other case has more bytes or characters, letters without case, spaces, JSON's signs, and NUL.
ALPHABET = 'aZ0 9\t\u00a0\nßıİéЖж漢ج😀\x00{}[]":,|;%$\\'
ODD_TEXTS = ["", "  ", "NULL", "NaN", "x" * 64, "x" * 65, "é" * 512, "é" * 513, "ß" * 9, "x" * 70_000, "[]", '{"a": 1}']
texts = st.none() | st.text(ALPHABET, max_size=20) | st.sampled_from(ODD_TEXTS)
moments = st.none() | st.just(SOME_MICROSECONDS) | st.integers(-(2**63), 2**63 - 1)
days = st.none() | st.just(SOME_DAYS) | st.integers(-30_000, 50_000) | st.integers(-(2**31), 2**31 - 1)
keys = st.sampled_from([None, -1, 0, 2**63 - 1, -(2**63)])
booleans = st.sampled_from([True, False, None])


def decimals(digits: int, scale: int) -> st.SearchStrategy:
    """Unscaled integers of a DECIMAL(digits, scale), many of them of few decimals."""
    whole = st.integers(-(10 ** (digits - scale)) + 1, 10 ** (digits - scale) - 1).map(lambda n: n * 10**scale)
    cents = st.integers(-(10**18), 10**18).map(lambda n: n * 10 ** (scale - 2))
    return st.none() | whole | cents | st.integers(-(10**digits) + 1, 10**digits - 1)


def rows(defaults: dict, moments_of: dict, odd: dict) -> st.SearchStrategy:
    """Lists of rows, each sound but for a few columns."""
    sound = defaults | moments_of
    columns = st.sampled_from(sorted(odd)).flatmap(lambda name: odd[name].map(lambda value: (name, value)))
    changes = st.lists(columns, max_size=3).map(dict)
    return st.lists(changes.map(lambda change: sound | change), min_size=40, max_size=80)


customers = rows(
    CUSTOMER,
    {"date_of_birth": SOME_DAYS, "created_at": SOME_MICROSECONDS, "updated_at": SOME_MICROSECONDS},
    dict.fromkeys(("name", "city", "country_code", "segment", "kyc_status", "phone", "email"), texts)
    | {"customer_id": keys, "date_of_birth": days, "created_at": moments, "updated_at": moments}
    | {"is_active": booleans},
)
accounts = rows(
    ACCOUNT,
    {"credit_limit": 50_000, "opened_at": SOME_MICROSECONDS, "closed_at": None, "updated_at": SOME_MICROSECONDS},
    dict.fromkeys(("account_type", "currency_code", "status", "account_number"), texts)
    | {"account_id": keys, "credit_limit": decimals(18, 2)}
    | dict.fromkeys(("opened_at", "closed_at", "updated_at"), moments),
)
transactions = rows(
    TRANSACTION,
    {"amount": -125_000} | dict.fromkeys(("occurred_at", "created_at", "updated_at"), SOME_MICROSECONDS),
    dict.fromkeys(
        ("transaction_type", "status", "channel", "currency_code", "merchant_name", "category_code", "description"),
        texts,
    )
    | {"transaction_id": keys, "amount": decimals(38, 4)}
    | dict.fromkeys(("occurred_at", "created_at", "updated_at"), moments),
)

_digits = st.text("0123456789", max_size=24)
amount_texts = st.lists(
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", "+", "-", " "]),
        _digits,
        st.sampled_from(["", "."]),
        _digits,
        st.sampled_from(["", "", "", "e2", "E-3", "e+1", "e-400", "e4", ",0", "٣", "f", "_0"]),
    )
    | st.sampled_from(["NaN", "-Infinity", "", " 12.34 ", "0x1F", "1e", "."]),
    min_size=60,
    max_size=120,
)
amount_doubles = st.lists(
    st.floats() | st.integers(-(10**14), 10**14).map(lambda cents: cents / 100) | st.just(0.1 + 0.2),
    min_size=60,
    max_size=120,
)

_scalars = st.none() | booleans | st.integers(-(2**70), 2**70) | st.sampled_from([1.5, 100.0]) | texts
values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
)
_milliseconds = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 4_102_444_800_000)
dates = (
    st.builds(lambda number: {"$date": number}, _milliseconds)
    | st.builds(lambda number: {"$date": {"$numberLong": str(number)}}, _milliseconds)
    | st.datetimes().map(lambda moment: {"$date": moment.isoformat(timespec="milliseconds") + "Z"})
    | st.datetimes().map(lambda moment: moment.isoformat())
)
numbers = st.integers(-(2**63), 2**63 - 1).map(lambda number: {"$numberLong": str(number)}) | st.sampled_from(
    [{"$numberInt": "7"}, {"$numberDouble": "0.25"}, {"$numberDouble": "NaN"}, {"$numberDecimal": "0.125"}]
)
_odd_fields = {
    "event_id": values | st.just({"$oid": "65a0c0ffee65a0c0ffee0001"}),
    "transaction_id": values | numbers,
    "event_type": values,
    "status": values,
    "occurred_at": values | dates,
    "risk": values | (values | numbers).map(lambda score: {"score": score, "flags": ["velocity"]}),
    "geo": values,
}
_changes = st.lists(
    st.sampled_from(sorted(_odd_fields)).flatmap(lambda name: _odd_fields[name].map(lambda value: (name, value))),
    max_size=2,
).map(dict)
_documents = _changes.map(lambda change: json.dumps(EVENT | change, ensure_ascii=False))
_malformed = _documents.map(lambda text: text[:-1]) | st.sampled_from([None, "", "[]", "null", "text"])
documents = st.lists(
    st.integers(0, 9).flatmap(lambda chance: _documents if chance else _malformed),
    min_size=40,
    max_size=80,
)
