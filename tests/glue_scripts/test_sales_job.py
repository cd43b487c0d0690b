"""The files of a claim to orders, sums and rejects: against a calculation in plain Python."""

import gzip
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lakehouse_glue.sales.job import ingest_claim

from lakehouse_contract.arrivals.kinds import SALES_FILES
from tests.glue_scripts.sales_model import HEADER, Order, file_of, sums_of
from tests.glue_scripts.stock_lake import StockLake, outcome, reason

FACTS = """
    SELECT order_id, order_date, ship_date, region, country, item_type, sales_channel, order_priority, units_sold,
        unit_price, unit_cost, total_revenue, total_cost, total_profit, year, month
    FROM {facts} JOIN {regions} USING (region_key) JOIN {products} USING (product_key)
"""
ORDERS = [
    Order(number, date(2016 + number % 3, 1 + number % 12, 1 + number % 28), number, country, region, item)
    for number, (country, region, item) in enumerate(
        [
            ("France", "Europe", "Fruits"),
            ("Cote d'Ivoire", "Sub-Saharan Africa", "Baby Food"),
            ("Japan", "Asia", "Meat"),
            ("Canada", "North America", "Meat"),
        ]
        * 5,
        start=1,
    )
]


@pytest.fixture(scope="module")
def make_lake(spark, lakes: Path) -> Callable[[], StockLake]:
    def make() -> StockLake:
        name = f"lake_{uuid.uuid4().hex}"
        return StockLake(lakes / name, spark, f"{name}.analytics", SALES_FILES, ingest_claim)

    return make


def facts(lake: StockLake, document: dict[str, Any]) -> list[tuple[Any, ...]]:
    names = {"facts": "fact_sales", "regions": "dim_regions", "products": "dim_products"}
    frames = {alias: lake.on_branch(document, table) for alias, table in names.items()}
    return sorted(tuple(row) for row in lake.spark.sql(FACTS, **frames).collect())


def sums(lake: StockLake, document: dict[str, Any]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    rows = lake.on_branch(document, "regionalsales").collect()
    return {
        (row["region"], row["country"], row["year"], row["quarter"], row["item_type"]): (
            row["orders"],
            row["units_sold"],
            row["total_revenue"],
            row["total_cost"],
            row["total_profit"],
        )
        for row in rows
    }


def rejects(lake: StockLake, document: dict[str, Any]) -> list[tuple[str, int, str, str | None]]:
    """File, line, reason and column of the rejects of a run."""
    rows = lake.on_branch(document, "sales_rejects").filter(f"run = '{document['run']}'").collect()
    return sorted((row["source_file"], row["line_number"], row["reason"], row["column_name"]) for row in rows)


def tables(document: dict[str, Any]) -> dict[str, int | None]:
    return {name: table["snapshot_id"] for name, table in document["tables"].items()}


BAD_LINES = [
    ("malformed_line", None, ORDERS[0].line(region='"Europe')),
    ("column_count", None, ORDERS[0].line() + ",1"),
    ("column_count", None, ORDERS[0].line().rpartition(",")[0]),
    ("missing_value", "country", ORDERS[0].line(country="")),
    ("missing_value", "order_id", ORDERS[0].line(order_id=" ")),
    ("missing_value", "units_sold", ORDERS[0].line(units_sold="")),
    ("unknown_region", "region", ORDERS[0].line(region="Atlantis")),
    ("unknown_country", "country", ORDERS[0].line(country="Freedonia")),
    ("unknown_country", "country", ORDERS[0].line(country="Japan")),
    ("unknown_item_type", "item_type", ORDERS[0].line(item_type="Robots")),
    ("unknown_channel", "sales_channel", ORDERS[0].line(sales_channel="Fax")),
    ("unknown_priority", "order_priority", ORDERS[0].line(order_priority="X")),
    ("invalid_order_id", "order_id", ORDERS[0].line(order_id="12a")),
    ("invalid_order_id", "order_id", ORDERS[0].line(order_id="-12")),
    ("invalid_date", "order_date", ORDERS[0].line(order_date="13/45/2014")),
    ("invalid_date", "order_date", ORDERS[0].line(order_date="25/12/2014")),
    ("invalid_date", "ship_date", ORDERS[0].line(ship_date="2/30/2017")),
    ("date_out_of_range", "order_date", ORDERS[0].line(order_date="1/1/1066")),
    ("future_date", "order_date", ORDERS[0].line(order_date="5/2/2024", ship_date="5/3/2024")),
    ("shipped_before_ordered", "ship_date", ORDERS[0].line(ship_date="1/1/2016")),
    ("invalid_number", "unit_price", ORDERS[0].line(unit_price="n/a")),
    ("invalid_number", "units_sold", ORDERS[0].line(units_sold="1.5")),
    ("invalid_number", "total_cost", ORDERS[0].line(total_cost="6.925")),
    ("not_positive", "units_sold", ORDERS[0].line(units_sold="0")),
    ("not_positive", "units_sold", ORDERS[0].changed(units=-1).line()),
    ("negative_amount", "unit_cost", ORDERS[0].line(unit_cost="-6.92")),
    ("wrong_revenue", "total_revenue", ORDERS[0].line(total_revenue="9.34")),
    ("wrong_cost", "total_cost", ORDERS[0].line(total_cost="6.91")),
    ("wrong_profit", "total_profit", ORDERS[0].line(total_profit="2.42")),
]


def test_orders_and_their_sums_are_what_plain_python_makes_of_the_files_and_odd_files_wait_apart(make_lake):
    lake = make_lake()
    *others, last = ORDERS
    spaced = ORDERS[2].line(country=" Japan ", sales_channel=" online", order_priority="h", order_id=" 3")
    quoted = '"' + '","'.join(ORDERS[3].line(order_date="05/04/2016", ship_date="05/04/2016").split(",")) + '"'
    turned = ",".join(reversed(last.line().split(",")))
    lines = [order.line() for order in others if order not in (ORDERS[2], ORDERS[3])]
    day_first = [order.line(order_date="25/12/2014", ship_date="26/12/2014") for order in ORDERS]
    document = lake.load(
        "first",
        [
            ("good.csv", "\ufeff" + file_of(spaced, quoted, *lines, header=HEADER.replace(",", " , "), end="\r\n")),
            (
                "turned.csv.gz",
                gzip.compress(file_of(turned, header=",".join(reversed(HEADER.upper().split(",")))).encode()),
            ),
            ("bad.csv", file_of(*(line for _, _, line in BAD_LINES), "", *(order.line() for order in others))),
            ("other_header.csv", file_of("1,2", header="a,b")),
            ("lacking.csv", file_of(header=HEADER.replace(",Unit Cost", ""))),
            ("empty.csv", ""),
            ("day_first.csv", file_of(*day_first)),
            ("wrong.csv", file_of(*(line for _, _, line in BAD_LINES), ORDERS[19].line())),
            ("cut.csv.gz", gzip.compress(file_of(*lines).encode())[:-9]),
        ],
        share=0.9,
    )

    assert facts(lake, document) == sorted(order.row() for order in ORDERS)
    assert sums(lake, document) == sums_of(ORDERS)
    listed = rejects(lake, document)
    assert [(number, why, column) for name, number, why, column in listed if name == "bad.csv" and number < 31] == [
        (number, why, column) for number, (why, column, _) in enumerate(BAD_LINES, start=2)
    ]
    # Both files have these orders: the later one's rows stand.
    assert {entry[0] for entry in listed if entry[2] == "duplicate_identical"} == {"good.csv"}
    assert outcome(document, "good.csv") == ("loaded", 19, 0, 19)
    assert outcome(document, "bad.csv") == ("loaded", 19 + len(BAD_LINES), 19, len(BAD_LINES))
    assert outcome(document, "turned.csv.gz") == ("loaded", 1, 1, 0)
    reasons = {
        "other_header.csv": "The first line is not a header of sales records",
        "lacking.csv": "The header lacks Unit Cost",
        "empty.csv": "The file is empty",
        "day_first.csv": "40 of its dates can only be read day first and 0 only month first",
        "wrong.csv": "29 of 30 rows (96.67%) are bad, more than the allowed 90.00%",
        "cut.csv.gz": "The gzip file is broken",
    }
    for name, why in reasons.items():
        assert outcome(document, name)[0] == "quarantined", name
        assert reason(document, name).startswith(why), name
    rows = lake.on_branch(document, "sales_rejects").collect()
    raw = {row["line_number"]: row["raw_line"] for row in rows if row["source_file"] == "bad.csv"}
    assert raw == {number: line for number, (_, _, line) in enumerate(BAD_LINES, start=2)}


def test_a_correction_moves_its_order_and_what_did_not_change_is_not_written(make_lake):
    lake = make_lake()
    first = lake.load("first", [("first.csv", file_of(*(order.line() for order in ORDERS)))])
    lake.publish(first)
    alone = [order for order in ORDERS if (order.order_date.year, order.order_date.month) == (2017, 2)]
    assert [order.order_id for order in alone] == [1, 13]
    moved = [order.changed(order_date=date(2018, 12, 24), units=7) for order in alone]
    stays, new = ORDERS[5], Order(900, date(2018, 12, 25))

    second = lake.load(
        "second",
        [("second.csv", file_of(*(order.line() for order in (*moved, stays, new, stays)))), ("odd.csv", "?")],
        hour=1,
    )

    expected = [order for order in ORDERS if order not in alone] + [*moved, new]
    assert facts(lake, second) == sorted(order.row() for order in expected)
    assert sums(lake, second) == sums_of(expected)
    assert [path.parts[-3:-1] for path in written(lake, second)] == [("year=2018", "month=12")]
    assert rejects(lake, second) == [
        ("first.csv", 2, "superseded", "order_id"),
        ("first.csv", 14, "superseded", "order_id"),
        ("second.csv", 4, "duplicate_identical", "order_id"),
        ("second.csv", 6, "duplicate_identical", "order_id"),
    ]
    assert outcome(second, "second.csv") == ("loaded", 5, 3, 2)
    lake.publish(second)

    # The same rows again, under another name, beside some that say the same in other words.
    repeated = file_of(*(order.line() for order in (*moved, stays, new, stays)), "")
    third = lake.load(
        "third",
        [("copy.csv", repeated), ("again.csv", file_of(*(order.line(order_priority="h") for order in ORDERS[2:5])))],
        hour=2,
    )

    assert outcome(third, "again.csv") == ("loaded", 3, 0, 3)
    assert outcome(third, "copy.csv") == ("loaded", 5, 0, 5)
    assert written(lake, third) == []
    same = ("dim_products", "dim_regions", "fact_sales", "regionalsales")
    assert [tables(third)[name] for name in same] == [tables(second)[name] for name in same]
    lake.publish(third)

    # A file that arrived before that one, and is read only now, says something else of an order.
    late = lake.load(
        "late", [("late.csv", file_of(stays.changed(units=1).line(), ORDERS[6].changed(units=1).line()))], hour=1
    )

    assert rejects(lake, late) == [
        ("first.csv", 8, "superseded", "order_id"),
        ("late.csv", 2, "superseded", "order_id"),
    ]


def test_what_an_earlier_run_published_of_a_file_is_there_already(make_lake):
    lake = make_lake()
    bad = lake.load("bad", [("empty.csv", "")])
    assert (outcome(bad, "empty.csv")[0], facts(lake, bad), sums(lake, bad)) == ("quarantined", [], {})
    claim = lake.claim("claim", [("orders.csv", file_of(*(order.line() for order in ORDERS), "rubbish"))])
    first = lake.ingest_claim("first", claim)
    # Its publication was given up half-way: of the orders, and not of the ledger.
    first["tables"].pop("sales_file_ledger")
    lake.publish(first)

    second = lake.ingest_claim("second", claim)

    assert outcome(second, "orders.csv") == ("loaded", 21, 20, 1)
    assert written(lake, second) == []
    assert rejects(lake, second) == [("orders.csv", 22, "column_count", None)]
    lake.publish(second)

    # The file could not be moved out of its claim.
    third = lake.ingest_claim("third", claim)

    assert outcome(third, "orders.csv")[0] == "duplicate"
    assert [row["line_number"] for row in lake.on_branch(third, "sales_rejects").collect()] == [22]


def test_the_last_word_on_an_order_counts_though_the_same_file_was_loaded_before(make_lake):
    lake = make_lake()
    one, other = ORDERS[:2]
    moved = one.changed(order_date=date(2018, 12, 24))
    first_word = file_of(one.line(), other.line())
    first = lake.load("first", [("a.csv", first_word), ("b.csv", file_of(moved.line()))])
    assert facts(lake, first) == sorted(order.row() for order in (moved, other))
    lake.publish(first)

    second = lake.load("second", [("a.csv", first_word)], hour=1)

    assert outcome(second, "a.csv")[0] == "loaded"
    assert facts(lake, second) == sorted(order.row() for order in (one, other))


def written(lake: StockLake, document: dict[str, Any]) -> list[Path]:
    """The files of fact_sales that a run wrote."""
    return sorted((lake.folder / "analytics/fact_sales/data").rglob(f"{document['run']}.parquet"))
