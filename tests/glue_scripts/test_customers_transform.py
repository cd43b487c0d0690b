import hashlib
import hmac
import json
from datetime import UTC, date, datetime

import pytest
from lakehouse_glue.checks import kept
from lakehouse_glue.star_schema.customers import build_dim_customers, clean_customers
from lakehouse_glue.star_schema.schemas import SOURCES
from lakehouse_glue.star_schema.tokens import with_token_pads

NULLS = {name: None for name in SOURCES["customers"].columns.names if name != "customer_id"}
ROWS = {
    "plain": {},
    "padded": {"email": "  Ada@Example.COM ", "country_code": " fr", "segment": "Retail\t", "city": "\u00a0Paris "},
    "blank": {"name": "  ", "city": ""},
    "unicode": {"name": "😀 محمد", "city": "תל אביב"},
    "nulls": NULLS,
    "no key": {"customer_id": None},
    "reserved key": {"customer_id": -1},
    "born in year 1": {"date_of_birth": date(1, 1, 1)},
    "born in 1950": {"date_of_birth": date(1950, 6, 7)},
    "updated in year 9999": {"updated_at": datetime(9999, 12, 31, tzinfo=UTC)},
}


@pytest.fixture(scope="module")
def cleaned(customers, token_key):
    rows = [{"customer_id": number} | row for number, row in enumerate(ROWS.values(), start=1)]
    frame = with_token_pads(customers(*rows).coalesce(1), token_key)
    return dict(zip(ROWS, clean_customers(frame).collect(), strict=True))


def test_clean_row_is_kept(cleaned):
    row = cleaned["plain"]
    assert row["reject_reason"] is None
    assert (row["name"], row["country_code"], row["birth_year"]) == ("Ada", "FR", 1980)


def test_padding_and_case_are_normalised(cleaned):
    row = cleaned["padded"]
    assert (row["country_code"], row["segment"], row["city"]) == ("FR", "retail", "Paris")
    assert row["email"] == cleaned["plain"]["email"]


def test_blank_text_becomes_null(cleaned):
    assert (cleaned["blank"]["name"], cleaned["blank"]["city"]) == (None, None)


def test_emoji_and_right_to_left_text_survive(cleaned):
    assert (cleaned["unicode"]["name"], cleaned["unicode"]["city"]) == ("😀 محمد", "תל אביב")


def test_null_in_every_nullable_column_is_kept(cleaned):
    row = cleaned["nulls"].asDict()
    assert row["reject_reason"] is None
    assert all(row[name] is None for name in ("name", "email", "phone", "national_id", "birth_year", "updated_at"))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("no key", "missing_key"),
        ("reserved key", "reserved_key"),
        ("born in year 1", "date_out_of_range"),
        ("updated in year 9999", "date_out_of_range"),
        ("born in 1950", None),
    ],
)
def test_reject_reason(cleaned, case, reason):
    assert cleaned[case]["reject_reason"] == reason


def test_personal_data_is_protected(cleaned, token_key):
    row = cleaned["plain"]
    expected = hmac.new(token_key, b"ada@example.com", hashlib.sha256).hexdigest()
    assert (row["email"], row["phone"]) == (expected, "***42")
    assert not {"date_of_birth", "street_address", "_inner_pad", "_outer_pad"} & set(row.asDict())


def test_raw_row_of_a_reject_has_no_personal_data(cleaned):
    raw_row = json.loads(cleaned["reserved key"]["raw_row"])
    assert raw_row["customer_id"] == -1
    assert raw_row["phone"] == "***42"
    secrets = ["ada@example.com", "555 0142", "ID-1", "1 Main Street", "1980"]
    assert not any(secret in cleaned["reserved key"]["raw_row"] for secret in secrets)


def test_texts_that_arrive_for_typed_columns_are_typed_or_rejected(customers, token_key):
    types = {"customer_id": "string", "is_active": "string", "updated_at": "string"}
    rows = [
        {"customer_id": " 7 ", "is_active": "true", "updated_at": "2024-01-02 03:04:05"},
        {"customer_id": "7.5", "is_active": "true", "updated_at": None},
        {"customer_id": "8", "is_active": "perhaps", "updated_at": ""},
    ]
    frame = with_token_pads(customers(*rows, types=types).coalesce(1), token_key)
    good, fraction, perhaps = clean_customers(frame).collect()
    assert (good["customer_id"], good["is_active"]) == (7, True)
    assert good["updated_at"].astimezone(UTC) == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (fraction["reject_reason"], perhaps["reject_reason"]) == ("mistyped_value", "mistyped_value")


def test_dimension_has_the_unknown_member(customers, token_key):
    frame = with_token_pads(customers({}), token_key)
    rows = build_dim_customers(kept(clean_customers(frame))).collect()
    assert {(row["customer_key"], row["customer_id"], row["name"]) for row in rows} == {
        (1, 1, "Ada"),
        (-1, None, "Unknown"),
    }
