"""Data quality of the sales: one suite of expectations per table."""

from collections.abc import Mapping

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_contract.sales_records import COUNTRIES, ITEM_TYPES, ORDER_PRIORITIES, SALES_CHANNELS
from lakehouse_glue.quality.audit import TableSuite
from lakehouse_glue.quality.common import has_values, is_complete, is_sized_like_published, refers_to
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.expectations import (
    CRITICAL,
    ExpectValuesBetween,
    ExpectValuesInSet,
    ExpectValuesNotNull,
)
from lakehouse_glue.quality.references import with_found
from lakehouse_glue.sales.reasons import Reason

PRODUCTS = "dim_products"
REGIONS = "dim_regions"
ORDERS = "fact_sales"
SUMS = "regionalsales"
REJECTS = "sales_rejects"
ADDED_UP = ("units_sold", "total_revenue", "total_cost", "total_profit")


def frame_of_products(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads."""
    return tables[PRODUCTS].select("product_key", "item_type")


def suite_of_products(context: AuditContext) -> list[Expectation]:
    return [*is_complete(context, PRODUCTS, "product_key"), has_values("item_type", list(ITEM_TYPES))]


def frame_of_regions(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads."""
    return tables[REGIONS].select("region_key", "region")


def suite_of_regions(context: AuditContext) -> list[Expectation]:
    return [*is_complete(context, REGIONS, "region_key"), has_values("region", list(COUNTRIES))]


def frame_of_orders(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads, what is true of a sound order, and whether its dimensions were found."""
    orders = tables[ORDERS].select(
        "order_id",
        "region_key",
        "product_key",
        "sales_channel",
        "order_priority",
        "units_sold",
        (f.col("total_revenue") == f.col("units_sold") * f.col("unit_price")).alias("has_revenue"),
        (f.col("total_cost") == f.col("units_sold") * f.col("unit_cost")).alias("has_cost"),
        (f.col("total_profit") == f.col("total_revenue") - f.col("total_cost")).alias("has_profit"),
        (f.col("ship_date") >= f.col("order_date")).alias("is_shipped_after_order"),
        ((f.col("year") == f.year("order_date")) & (f.col("month") == f.month("order_date"))).alias("is_in_its_month"),
    )
    with_regions = with_found(orders, "region_key", tables[REGIONS], "has_region")
    return with_found(with_regions, "product_key", tables[PRODUCTS], "has_product")


def suite_of_orders(context: AuditContext) -> list[Expectation]:
    return [
        *is_complete(context, ORDERS, "order_id"),
        *refers_to("region_key", "has_region", REGIONS),
        *refers_to("product_key", "has_product", PRODUCTS),
        ExpectValuesBetween(
            column="units_sold", min_value=1, severity=CRITICAL, description="Every order has items that were sold"
        ),
        _holds("has_revenue", "total_revenue is units_sold times unit_price"),
        _holds("has_cost", "total_cost is units_sold times unit_cost"),
        _holds("has_profit", "total_profit is total_revenue less total_cost"),
        _holds("is_shipped_after_order", "No order was shipped before it was placed"),
        _holds("is_in_its_month", "Every row lies in the partition of its day"),
        has_values("sales_channel", list(SALES_CHANNELS)),
        has_values("order_priority", list(ORDER_PRIORITIES)),
        *is_sized_like_published(context, ORDERS),
    ]


def frame_of_sums(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads, and of each quarter whether its sums are those of fact_sales."""
    quarters = ["year", "quarter"]
    totals = [f.sum(name).cast("decimal(38,2)").alias(f"order_{name}") for name in ADDED_UP]
    orders = tables[ORDERS].groupBy("year", f.quarter("order_date").alias("quarter"))
    of_orders = orders.agg(f.count("*").alias("order_orders"), *totals)
    sums = tables[SUMS].groupBy(*quarters).agg(*(f.sum(name).alias(name) for name in ("orders", *ADDED_UP)))
    is_same = f.lit(True)
    for name in ("orders", *ADDED_UP):
        is_same &= f.col(name).eqNullSafe(f.col(f"order_{name}"))
    compared = of_orders.join(sums, quarters, "full").select(*quarters, is_same.alias("has_sums_of_orders"))
    key = f.concat_ws("|", "region", "country", "year", "quarter", "item_type").alias("sum_key")
    return tables[SUMS].select(key, *quarters).join(f.broadcast(compared), quarters, "full").drop(*quarters)


def suite_of_sums(context: AuditContext) -> list[Expectation]:
    return [
        *is_complete(context, SUMS, "sum_key"),
        _holds("has_sums_of_orders", "Of every quarter there are the orders and sums of fact_sales"),
    ]


def frame_of_rejects(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads."""
    return tables[REJECTS].select("source_file", "reason", "raw_line")


def suite_of_rejects(context: AuditContext) -> list[Expectation]:
    return [
        gxe.ExpectTableRowCountToEqual(
            value=context.rows(REJECTS),
            severity=CRITICAL,
            description="The table has the rows that the transform counted",
        ),
        *(
            ExpectValuesNotNull(column=column, severity=CRITICAL, description=f"Every reject has a {column}")
            for column in ("source_file", "reason", "raw_line")
        ),
        ExpectValuesInSet(
            column="reason",
            value_set=[reason.value for reason in Reason],
            severity=CRITICAL,
            description="reason is one of those that the job knows",
        ),
    ]


def _holds(column: str, description: str) -> Expectation:
    return ExpectValuesInSet(column=column, value_set=[True], severity=CRITICAL, description=description)


SUITES = (
    TableSuite(PRODUCTS, frame_of_products, suite_of_products),
    TableSuite(REGIONS, frame_of_regions, suite_of_regions),
    TableSuite(ORDERS, frame_of_orders, suite_of_orders, is_compared=True),
    TableSuite(SUMS, frame_of_sums, suite_of_sums),
    TableSuite(REJECTS, frame_of_rejects, suite_of_rejects),
)
