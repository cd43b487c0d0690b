"""Customers: raw rows to dim_customers."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.checks import Check
from lakehouse_glue.dimensions import UNKNOWN_KEY
from lakehouse_glue.local_rows import local_frame
from lakehouse_glue.star_schema.cleaning import is_outside, lower_code, text, upper_code
from lakehouse_glue.star_schema.dates import BEGIN_DATE
from lakehouse_glue.star_schema.rejects import Reason
from lakehouse_glue.star_schema.rows import clean_rows, mistyped, row_cleaning, typed_columns, unstorable_texts
from lakehouse_glue.star_schema.schemas import CUSTOMERS, SOURCES

UNKNOWN_NAME = "Unknown"


def clean_customers(raw: DataFrame) -> DataFrame:
    """Raw customers, with token pads, to clean customers: see `clean_rows`."""
    source = SOURCES[CUSTOMERS]
    columns = typed_columns(raw, source)
    values = {name: column.value for name, column in columns.items()}
    values |= {name: text(values[name]) for name in ("name", "phone", "national_id", "street_address", "city")}
    values |= {name: lower_code(values[name]) for name in ("email", "segment", "kyc_status")}
    values["country_code"] = upper_code(values["country_code"])
    values["birth_year"] = f.year(values["date_of_birth"])
    checks = [
        *mistyped(columns),
        Check(values["customer_id"].isNull(), Reason.MISSING_KEY, "customer_id"),
        Check(values["customer_id"] == UNKNOWN_KEY, Reason.RESERVED_KEY, "customer_id"),
        Check(is_outside(values["date_of_birth"], BEGIN_DATE), Reason.DATE_OUT_OF_RANGE, "date_of_birth"),
        *(Check(is_outside(values[name]), Reason.DATE_OUT_OF_RANGE, name) for name in ("created_at", "updated_at")),
        *unstorable_texts(values),
    ]
    return clean_rows(raw, source, row_cleaning(source, values, checks))


def build_dim_customers(customers: DataFrame) -> DataFrame:
    """Kept customers to dim_customers: one row per customer and the unknown member."""
    unknown = local_frame(customers.sparkSession, [(UNKNOWN_KEY, UNKNOWN_NAME)], "customer_key bigint, name string")
    return customers.withColumn("customer_key", f.col("customer_id")).unionByName(unknown, allowMissingColumns=True)
