"""The invented market of the sales records: what an item costs, and what is bought where and when.

Numbers of orders are shares of their sum. Of a pair the first one is of the first year, the second one of the last
year, and what is of a year between them lies between them.
"""

from lakehouse_contract.sales_records import COUNTRIES, ITEM_TYPES

YEARS = range(2010, 2021)
ORDERS_OF_YEAR = (100, 107, 115, 121, 130, 138, 127, 140, 152, 163, 149)
ORDERS_OF_MONTH = (90, 86, 97, 98, 100, 101, 96, 94, 102, 107, 118, 131)

# Price and cost of one item, in cents: those of the well-known files.
CENTS = {
    "Baby Food": (25528, 15942),
    "Beverages": (4745, 3179),
    "Cereal": (20570, 11711),
    "Clothes": (10928, 3584),
    "Cosmetics": (43720, 26333),
    "Fruits": (933, 692),
    "Household": (66827, 50254),
    "Meat": (42189, 36469),
    "Office Supplies": (65121, 52496),
    "Personal Care": (8173, 5667),
    "Snacks": (15258, 9744),
    "Vegetables": (15406, 9093),
}
_ORDERS_OF_ITEM = {
    "Baby Food": (100, 80),
    "Beverages": (90, 120),
    "Cereal": (110, 85),
    "Clothes": (80, 140),
    "Cosmetics": (60, 150),
    "Fruits": (100, 130),
    "Household": (100, 115),
    "Meat": (120, 75),
    "Office Supplies": (130, 70),
    "Personal Care": (80, 120),
    "Snacks": (100, 110),
    "Vegetables": (90, 125),
}
_ORDERS_OF_REGION = {
    "Asia": (150, 260),
    "Australia and Oceania": (80, 85),
    "Central America and the Caribbean": (100, 110),
    "Europe": (280, 240),
    "Middle East and North Africa": (120, 140),
    "North America": (110, 90),
    "Sub-Saharan Africa": (180, 270),
}
ORDERS_OF_ITEM = [_ORDERS_OF_ITEM[item] for item in ITEM_TYPES]
ORDERS_OF_REGION = [_ORDERS_OF_REGION[region] for region in COUNTRIES]
