"""What a row or document has to become, read in plain Python: its clean values, or the column at fault."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000
END_DAY, FIRST_BIRTH_DAY = 47_482, -25_567
END = END_DAY * DAY
WIDTHS = {"name": 1024, "city": 1024, "merchant_name": 1024, "event_id": 1024, "category_code": 256}
WIDTHS |= {"country_code": 16, "currency_code": 16}
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class RejectedError(Exception):
    """Names the column at fault."""


def tidy(value: str | None) -> str | None:
    return (value or "").strip(" \t\r\n\u00a0") or None


def storable(row: Row, names: tuple[str, ...]) -> None:
    for name in names:
        value = (row[name] or "").encode()
        if len(value) > WIDTHS.get(name, 64) or b"\0" in value:
            raise RejectedError(name)


def in_range(row: Row, *names: str) -> None:
    for name in names:
        if row[name] is not None and not 0 <= row[name] < END:
            raise RejectedError(name)


def coded(row: Row, lower: tuple[str, ...] = (), upper: tuple[str, ...] = (), plain: tuple[str, ...] = ()) -> Row:
    clean = {name: tidy(row[name]) for name in plain}
    clean |= {name: (tidy(row[name]) or "").lower() or None for name in lower}
    return clean | {name: (tidy(row[name]) or "").upper() or None for name in upper}


def customer(row: Row) -> Row:
    if row["customer_id"] in (None, -1):
        raise RejectedError("customer_id")
    day = row["date_of_birth"]
    if day is not None and not FIRST_BIRTH_DAY <= day < END_DAY:
        raise RejectedError("date_of_birth")
    in_range(row, "created_at", "updated_at")
    clean = coded(row, lower=("segment", "kyc_status"), upper=("country_code",), plain=("name", "city"))
    storable(clean, ("name", "city", "country_code", "segment", "kyc_status"))
    birth_year = None if day is None else (EPOCH + timedelta(days=day)).year
    return (
        clean
        | {name: row[name] for name in ("customer_id", "is_active", "created_at", "updated_at")}
        | {"birth_year": birth_year}
    )


def account(row: Row) -> Row:
    if row["account_id"] in (None, -1):
        raise RejectedError("account_id")
    limit = None if row["credit_limit"] is None else money(Decimal(row["credit_limit"]).scaleb(-2), "credit_limit")
    in_range(row, "opened_at", "closed_at", "updated_at")
    clean = coded(row, lower=("account_type", "status"), upper=("currency_code",))
    storable(clean, ("account_type", "currency_code", "status"))
    moments = {name: row[name] for name in ("opened_at", "closed_at", "updated_at")}
    return clean | moments | {"account_id": row["account_id"], "credit_limit": limit}


def transaction(row: Row) -> Row:
    if row["transaction_id"] is None:
        raise RejectedError("transaction_id")
    if row["amount"] is None:
        raise RejectedError("amount")
    digits = str(row["amount"])
    amount = money(Decimal(f"{digits}e-4"), "amount")
    if row["occurred_at"] is None:
        raise RejectedError("occurred_at")
    moments = ("occurred_at", "created_at", "updated_at")
    in_range(row, *moments)
    clean = coded(
        row,
        lower=("transaction_type", "status", "channel"),
        upper=("currency_code",),
        plain=("merchant_name", "category_code"),
    )
    names = ("transaction_type", "currency_code", "merchant_name", "category_code", "channel", "status")
    storable(clean, names)
    return clean | {name: row[name] for name in moments} | {"transaction_id": row["transaction_id"], "amount": amount}


def money(value: Decimal, column: str) -> Decimal:
    """A value of at most two decimals that are not zero, and less than 10 to the 16."""
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits))
    significant = text.rstrip("0")
    exponent += len(text) - len(significant)
    if significant and (exponent < -2 or len(significant) + exponent > 16):
        raise RejectedError(column)
    return Decimal((sign, tuple(map(int, significant)) or (0,), exponent if significant else 0))


def amount_text(text: str) -> Decimal:
    tidied = tidy(text)
    if tidied is None or not NUMBER.fullmatch(tidied):
        raise RejectedError("amount")
    try:
        return money(Decimal(tidied), "amount")
    except InvalidOperation:
        raise RejectedError("amount") from None


def amount_double(number: float) -> Decimal:
    if number != number or abs(number) == float("inf"):
        raise RejectedError("amount")
    return money(Decimal(repr(number)), "amount")


def document(text: str | None) -> Row:
    try:
        fields = json.loads(text or "")
    except json.JSONDecodeError:
        raise RejectedError("_doc") from None
    if not isinstance(fields, dict):
        raise RejectedError("_doc")
    clean = {name: document_text(fields.get(name), name) for name in ("event_id", "event_type", "status")}
    clean["transaction_id"] = integer(fields.get("transaction_id"))
    occurred_at = clean["occurred_at"] = moment(fields.get("occurred_at"))
    clean["risk_score"] = score(fields.get("risk"))
    clean |= {name: (clean[name] or "").lower() or None for name in ("event_type", "status")}
    for name in ("event_id", "transaction_id"):
        if clean[name] is None:
            raise RejectedError(name)
    if occurred_at is not None and not 0 <= occurred_at < END:
        raise RejectedError("occurred_at")
    storable(clean, ("event_id", "status"))
    return clean


def unwrapped(value: Any) -> Any:
    """The text of {"$numberLong": "5"} and the like."""
    if isinstance(value, dict) and len(value) == 1:
        (name, inner), *_ = value.items()
        if name in ("$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$oid"):
            return inner
    return value


def document_text(value: Any, name: str) -> str | None:
    value = unwrapped(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict | list) or (isinstance(value, str) and looks_like_structure(value)):
        raise RejectedError(name)
    return tidy(value)


def looks_like_structure(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list) and text[0] in "{[" and text[-1] in "}]"
    except json.JSONDecodeError:
        return False


def integer(value: Any) -> int | None:
    value = unwrapped(value)
    if value is None or (isinstance(value, str) and tidy(value) is None):
        return None
    text = (tidy(value) if isinstance(value, str) else str(value)).removesuffix(".0")
    if isinstance(value, bool | dict | list) or not re.fullmatch(r"[+-]?[0-9]+", text):
        raise RejectedError("transaction_id")
    if not -(2**63) <= int(text) < 2**63:
        raise RejectedError("transaction_id")
    return int(text)


def score(risk: Any) -> float | None:
    if risk is None:
        return None
    if not isinstance(risk, dict):
        raise RejectedError("risk")
    value = unwrapped(risk.get("score"))
    if value is None or (isinstance(value, str) and tidy(value) is None):
        return None
    text = tidy(value) if isinstance(value, str) else str(value)
    if isinstance(value, bool | dict | list) or not NUMBER.fullmatch(text) or abs(float(text)) > 2**53:
        raise RejectedError("risk.score")
    return float(text)


def moment(value: Any) -> int | None:
    """Microseconds since 1970."""
    inner = value["$date"] if isinstance(value, dict) and set(value) == {"$date"} else value
    if isinstance(value, dict) and inner is not value:
        number = unwrapped(inner)
        if isinstance(number, int) or (isinstance(inner, dict) and re.fullmatch("-?[0-9]+", str(number))):
            return int(number) * 1000
    if inner is None or (isinstance(inner, str) and tidy(inner) is None):
        return None
    if not isinstance(inner, str) or not re.match(r"\d{4}-\d\d-\d\d", inner):
        raise RejectedError("occurred_at")
    return (datetime.fromisoformat(inner).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def fates(read: Any, rows: list[Any]) -> Iterator[tuple[str | None, Any]]:
    """For each row the column at fault and None, or None and its clean values."""
    for row in rows:
        try:
            yield None, read(row)
        except RejectedError as fault:
            yield str(fault), None
