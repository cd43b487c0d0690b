"""The lists of the sales records fit the tables that they are stored in."""

from lakehouse_contract.sales_records import (
    COUNTRIES,
    ITEM_TYPES,
    ORDER_PRIORITIES,
    REGION_OF,
    SALES_CHANNELS,
    TITLES,
    product_key,
    region_key,
)
from lakehouse_contract.tables import declared_table


def test_a_country_is_of_one_region_and_has_a_key_of_its_own():
    assert (len(COUNTRIES), len(REGION_OF)) == (7, sum(map(len, COUNTRIES.values())))
    assert len({region_key(region, country) for country, region in REGION_OF.items()}) == len(REGION_OF)
    assert len({product_key(item_type) for item_type in ITEM_TYPES}) == len(ITEM_TYPES)
    # In Redshift's tables and in every other lake they are these.
    assert (region_key("Europe", "France"), product_key("Fruits")) == (
        3625014620150948971,
        1763775823357088734,
    )


def test_every_value_fits_its_column():
    values = {
        "region": COUNTRIES,
        "country": REGION_OF,
        "item_type": ITEM_TYPES,
        "sales_channel": SALES_CHANNELS,
        "order_priority": ORDER_PRIORITIES,
    }
    tables = [declared_table(name) for name in ("dim_regions", "dim_products", "fact_sales")]
    columns = {column.name: column for table in tables for column in table.columns}
    for name, found in values.items():
        assert max(len(value.encode()) for value in found) <= columns[name].max_bytes, name
    assert TITLES.keys() - values.keys() <= columns.keys()
