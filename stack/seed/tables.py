"""Rows of customers and accounts."""

import numpy as np
import pyarrow as pa

from stack.seed import vocabulary
from stack.seed.arrow import arrow_table, padded, text
from stack.seed.randomness import Stream, dirty_rows, generator
from stack.seed.size import SeedSize
from stack.seed.vocabulary import pick

_FIRST_ACCOUNT_ID = 1_000_001
ORPHAN_OFFSET = 900_000_000


def customers(size: SeedSize) -> pa.Table:
    count, random = size.customers, generator(Stream.CUSTOMERS)
    dirty = dirty_rows("customers", size)
    customer_id = np.arange(1, count + 1)
    first = pick(random, vocabulary.FIRST_NAMES, count)
    last = pick(random, vocabulary.LAST_NAMES, count)
    place = random.integers(len(vocabulary.CITIES), size=count)
    created_at = _in_history(size, random, count)
    name = first + " " + last
    name[dirty["unicode_name"]] = np.resize(
        np.array(vocabulary.UNICODE_NAMES, dtype=object), len(dirty["unicode_name"])
    )
    city = np.array(vocabulary.CITIES, dtype=object)[place]
    city[dirty["empty_string"]] = ""
    country_code = np.array(vocabulary.COUNTRIES, dtype=object)[place]
    segment = pick(random, ["retail", "premium", "business"], count, [0.8, 0.15, 0.05])
    for code, change in ((country_code, str.lower), (segment, padded)):
        code[dirty["odd_case_code"]] = [change(value) for value in code[dirty["odd_case_code"]]]
    columns = {
        "name": name,
        "email": np.array([f"customer{number}@example.com" for number in customer_id], dtype=object),
        "phone": np.array([f"+999 {number:09d}" for number in customer_id], dtype=object),
        "date_of_birth": np.datetime64("1940-01-01") + random.integers(365 * 65, size=count) * np.timedelta64(1, "D"),
        "national_id": np.array([f"T{n:09d}" for n in random.integers(10**9, size=count)], dtype=object),
        "street_address": text(random.integers(1, 200, size=count)) + " " + pick(random, vocabulary.STREETS, count),
        "city": city,
        "country_code": country_code,
        "segment": segment,
        "kyc_status": pick(random, ["verified", "pending", "rejected"], count, [0.92, 0.06, 0.02]),
        "is_active": random.random(count) < 0.95,
        "created_at": created_at,
        "updated_at": _later(size, random, created_at),
    }
    return arrow_table("customer_id", customer_id, columns, null_rows=dirty["all_null"])


def accounts(size: SeedSize) -> pa.Table:
    count, random = size.accounts, generator(Stream.ACCOUNTS)
    dirty = dirty_rows("accounts", size)
    account_id = account_ids(size)
    customer_id = account_owners(size)
    customer_id[dirty["orphan_customer"]] += ORPHAN_OFFSET
    account_type = pick(random, ["checking", "savings", "credit", "investment"], count, [0.5, 0.25, 0.2, 0.05])
    credit_limit = text(random.integers(1, 50, size=count) * 500) + ".00"
    credit_limit[account_type != "credit"] = None
    status = pick(random, ["open", "frozen", "closed"], count, [0.93, 0.02, 0.05])
    opened_at = _in_history(size, random, count)
    closed_at = _later(size, random, opened_at)
    closed_at[status != "closed"] = np.datetime64("NaT")
    account_number = np.array([f"{n:012d}" for n in random.integers(10**12, size=count)], dtype=object)
    account_number[dirty["empty_string"]] = ""
    for code in (account_type, status):
        code[dirty["odd_case_code"]] = [padded(value) for value in code[dirty["odd_case_code"]]]
    columns = {
        "customer_id": customer_id,
        "account_number": account_number,
        "account_type": account_type,
        "currency_code": pick(random, vocabulary.CURRENCIES, count, [0.6, 0.25, 0.1, 0.05]),
        "status": status,
        "credit_limit": credit_limit,
        "opened_at": opened_at,
        "closed_at": closed_at,
        "updated_at": _later(size, random, opened_at),
    }
    return arrow_table("account_id", account_id, columns, null_rows=dirty["all_null"])


def account_owners(size: SeedSize) -> np.ndarray:
    """The customer of each account, in the order of the accounts."""
    return generator(Stream.ACCOUNT_OWNERS).integers(1, size.customers + 1, size=size.accounts)


def account_ids(size: SeedSize) -> np.ndarray:
    return np.arange(_FIRST_ACCOUNT_ID, _FIRST_ACCOUNT_ID + size.accounts)


def _in_history(size: SeedSize, random: np.random.Generator, count: int) -> np.ndarray:
    begin, end = size.history_us
    return begin + (random.random(count) * (end - begin).astype(np.int64)).astype("timedelta64[us]")


def _later(size: SeedSize, random: np.random.Generator, times: np.ndarray) -> np.ndarray:
    """Times between the given ones and the end of the history."""
    _, end = size.history_us
    return times + (random.random(len(times)) * (end - times).astype(np.int64)).astype("timedelta64[us]")
