"""What is made of the orders: who was sold to, what was sold, and the sums of both by quarter."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_contract.sales_records import ITEM_TYPES, REGION_OF, product_key, region_key
from lakehouse_glue.local_rows import local_frame

REGION_KEY, PRODUCT_KEY = "region_key", "product_key"
SUMMED = ("units_sold", "total_revenue", "total_cost", "total_profit")
AMOUNT_SUM = "decimal(38,2)"


def add_up(orders: DataFrame) -> DataFrame:
    """One row per country, type of items and quarter, by their keys, with the number of orders and their sums."""
    sums = [f.sum(name).alias(name) for name in SUMMED]
    quarters = orders.groupBy(REGION_KEY, PRODUCT_KEY, "year", f.quarter("order_date").alias("quarter"))
    return quarters.agg(f.count("*").alias("orders"), *sums)


def build_dim_regions(sums: DataFrame, published: DataFrame) -> DataFrame:
    """The countries that were ever sold to; those of the published rows stay as they are."""
    rows = [(region_key(region, country), region, country) for country, region in REGION_OF.items()]
    declared = local_frame(sums.sparkSession, rows, f"{REGION_KEY} bigint, region string, country string")
    return _with_sold(declared, sums, published, REGION_KEY)


def build_dim_products(sums: DataFrame, published: DataFrame) -> DataFrame:
    """The types of items that were ever sold; those of the published rows stay as they are."""
    rows = [(product_key(item_type), item_type) for item_type in ITEM_TYPES]
    declared = local_frame(sums.sparkSession, rows, f"{PRODUCT_KEY} bigint, item_type string")
    return _with_sold(declared, sums, published, PRODUCT_KEY)


def _with_sold(declared: DataFrame, sums: DataFrame, published: DataFrame, key: str) -> DataFrame:
    new = declared.join(sums.select(key), key, "left_semi").join(published.select(key), key, "left_anti")
    return published.unionByName(new)


def build_regionalsales(sums: DataFrame, regions: DataFrame, products: DataFrame) -> DataFrame:
    """The sums with the names of regions, countries and types of items: one row per row of `sums`."""
    named = sums.join(f.broadcast(regions), REGION_KEY).join(f.broadcast(products), PRODUCT_KEY)
    amounts = {name: f.col(name).cast(AMOUNT_SUM) for name in SUMMED if name != "units_sold"}
    return named.withColumns(amounts).drop(REGION_KEY, PRODUCT_KEY)
