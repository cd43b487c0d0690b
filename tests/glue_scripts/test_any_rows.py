"""Whatever the sources hold: a row is kept with the values that plain Python reads in it, or rejected by its column."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from lakehouse_glue.star_schema import schemas
from lakehouse_glue.star_schema.accounts import clean_accounts
from lakehouse_glue.star_schema.customers import clean_customers
from lakehouse_glue.star_schema.tokens import with_token_pads
from lakehouse_glue.star_schema.transaction_events import clean_transaction_events
from lakehouse_glue.star_schema.transactions import clean_transactions
from pyspark.sql import functions as f
from pyspark.sql import types as t

from tests.fuzz import independent_rows, source_rows
from tests.fuzz.found import found_rows

EXAMPLES = 30


def many(strategy: SearchStrategy[list]) -> list:
    """The rows of many examples: one Spark job reads them all, and each row stands for itself."""
    rows: list = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: list) -> None:
        rows.extend(example)

    collect()
    return rows


ARROW_TYPES = {
    t.LongType(): pa.int64(),
    t.StringType(): pa.string(),
    t.BooleanType(): pa.bool_(),
    t.DoubleType(): pa.float64(),
    t.DateType(): pa.date32(),
    t.TimestampType(): pa.timestamp("us", tz="UTC"),
}
PHYSICAL = {t.DateType(): pa.int32(), t.TimestampType(): pa.int64()}


def column(values: list, kind: t.DataType) -> pa.Array:
    if isinstance(kind, t.DecimalType):
        decimals = [None if value is None else Decimal(f"{value}e-{kind.scale}") for value in values]
        return pa.array(decimals, pa.decimal128(kind.precision, kind.scale))
    array = pa.array(values, PHYSICAL.get(kind, ARROW_TYPES.get(kind)))
    return array.cast(ARROW_TYPES[kind]) if kind in PHYSICAL else array


@pytest.fixture(scope="module")
def fates(spark, tmp_path_factory, token_key):
    """`fates(clean, rows, columns)`: the column at fault, or the values of each row, in the rows' order."""
    path = tmp_path_factory.mktemp("any") / "rows.parquet"

    def clean_all(clean, rows: list[dict], columns: t.StructType) -> list[tuple]:
        arrays = {field.name: column([row[field.name] for row in rows], field.dataType) for field in columns}
        pq.write_table(pa.table(arrays), path)
        raw = spark.read.schema(columns).parquet(path.as_uri()).coalesce(1)
        cleaned = clean(with_token_pads(raw, token_key))
        moments = {
            field.name: f.unix_micros(field.name)
            for field in cleaned.schema
            if isinstance(field.dataType, t.TimestampType)
        }
        found = [row.asDict() for row in cleaned.withColumns(moments).collect()]
        assert all((row["reject_reason"] is None) == (row["reject_column"] is None) for row in found)
        assert all(row["raw_row"] and len(row["raw_row"]) for row in found if row["reject_reason"])
        return [(row["reject_column"], None if row["reject_column"] else row) for row in found]

    return clean_all


def compare(expected: list[tuple], found: list[tuple], rows: list) -> None:
    """Rows in are rows kept and rejected; what is kept has the expected values."""
    for row, (fault, values), (found_fault, found_values) in zip(rows, expected, found, strict=True):
        shown = values and {name: found_values and found_values[name] for name in values}
        assert (row, fault, values) == (row, found_fault, shown)


def columns_of(source: str) -> t.StructType:
    return schemas.SOURCES[source].columns


CASES = {
    "customers": (clean_customers, columns_of(schemas.CUSTOMERS), independent_rows.customer, source_rows.customers),
    "accounts": (clean_accounts, columns_of(schemas.ACCOUNTS), independent_rows.account, source_rows.accounts),
    "transactions": (
        clean_transactions,
        columns_of(schemas.TRANSACTIONS),
        independent_rows.transaction,
        source_rows.transactions,
    ),
}


@pytest.mark.parametrize("source", CASES)
def test_a_row_is_kept_as_it_came_or_rejected_by_its_column(fates, source):
    clean, columns, read, strategy = CASES[source]
    rows = many(strategy) + found_rows(source)
    compare(list(independent_rows.fates(read, rows)), fates(clean, rows, columns), rows)


AMOUNTS = {
    "text": (t.StringType(), independent_rows.amount_text, source_rows.amount_texts),
    "double": (t.DoubleType(), independent_rows.amount_double, source_rows.amount_doubles),
}


@pytest.mark.parametrize("kind", AMOUNTS)
def test_an_amount_of_any_type_is_exact_or_rejected(fates, kind):
    amount_type, read, strategy = AMOUNTS[kind]
    types = {field.name: field.dataType for field in columns_of(schemas.TRANSACTIONS)} | {"amount": amount_type}
    columns = t.StructType([t.StructField(name, kind) for name, kind in types.items()])
    sound = dict.fromkeys(types) | {"transaction_id": 1, "occurred_at": source_rows.SOME_MICROSECONDS}
    amounts = many(strategy)
    found = fates(clean_transactions, [sound | {"amount": amount} for amount in amounts], columns)
    compare(list(independent_rows.fates(lambda amount: {"amount": read(amount)}, amounts)), found, amounts)


def test_a_document_is_kept_as_it_came_or_rejected_by_its_field(fates):
    documents = many(source_rows.documents) + found_rows(schemas.TRANSACTION_EVENTS)
    rows = [{"_id": f"{number:024x}", "_doc": text} for number, text in enumerate(documents)]
    found = fates(clean_transaction_events, rows, columns_of(schemas.TRANSACTION_EVENTS))
    compare(list(independent_rows.fates(independent_rows.document, documents)), found, documents)
