"""The questions to the sales: Athena and Redshift give the numbers that plain Python adds up from the orders."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from cfnlint import decode
from lakehouse.redshift import preparation_of, transaction
from lakehouse.settings import REDSHIFT_DATABASE
from lakehouse_aws.athena.check import AthenaCheckOperator
from lakehouse_aws.redshift.load import RedshiftLoadOperator

from lakehouse_contract.arrivals.kinds import SALES_FILES
from lakehouse_contract.datasets import SALES
from lakehouse_contract.sales_records import product_key, region_key
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags.star_schema_lake import LOOK_SECONDS, Lake
from tests.glue_scripts.sales_model import Order, sums_of

REPOSITORY = Path(__file__).parents[2]
SQL = REPOSITORY / "sql"
RESOURCES = decode.decode(str(REPOSITORY / "infra/lakehouse.yaml"))[0]["Resources"]
VIEWS = ("sales_count", "sales_preview", "sales_by_year")
IN_REDSHIFT = tuple(table for table in SALES.tables if table != SALES_FILES.ledger)
ARRIVED_AT = datetime(2024, 6, 1, tzinfo=UTC)
ORDERS = [
    Order(number, date(2016 + number % 2, 1 + number % 12, 5), number, country, region)
    for number, (country, region) in enumerate([("France", "Europe"), ("Japan", "Asia")] * 10, start=1)
]


def tables() -> dict[str, list[dict[str, Any]]]:
    facts = [
        {
            "order_id": order.order_id,
            "order_date": order.order_date,
            "ship_date": order.shipped,
            "region_key": region_key(order.region, order.country),
            "product_key": product_key(order.item_type),
            "sales_channel": order.channel,
            "order_priority": order.priority,
            "units_sold": order.units,
            "unit_price": order.price,
            "unit_cost": order.cost,
            "total_revenue": order.revenue,
            "total_cost": order.total_cost,
            "total_profit": order.revenue - order.total_cost,
            "source_file": "sales.csv",
            "line_number": order.order_id + 1,
            "arrived_at": ARRIVED_AT,
            "year": order.order_date.year,
            "month": order.order_date.month,
        }
        for order in ORDERS
    ]
    keys = ("region", "country", "year", "quarter", "item_type")
    sums = ("orders", "units_sold", "total_revenue", "total_cost", "total_profit")
    places = {(order.region, order.country) for order in ORDERS}
    reject = {"source_file": "sales.csv", "reason": "missing_value", "column_name": "country", "raw_line": ","}
    told = {"arrived_at": ARRIVED_AT, "rejected_at": ARRIVED_AT, "run": "jr_1", "year": 2024, "month": 6}
    return {
        "dim_products": [{"product_key": product_key("Fruits"), "item_type": "Fruits"}],
        "dim_regions": [
            {"region_key": region_key(region, country), "region": region, "country": country}
            for region, country in sorted(places)
        ],
        "fact_sales": facts,
        "regionalsales": [
            dict(zip((*keys, *sums), (*key, *found), strict=True)) for key, found in sums_of(ORDERS).items()
        ],
        "sales_rejects": [reject | told | {"line_number": number} for number in (30, 31)],
        "sales_file_ledger": [
            {
                "file_name": "sales.csv",
                "size_bytes": 1,
                "arrived_at": ARRIVED_AT,
                "status": "loaded",
                "rows_in": len(ORDERS) + 2,
                "rows_out": len(ORDERS),
                "rows_rejected": 2,
                "rows_superseded": 0,
                "months": "",
                "run_id": "run",
                "started_at": ARRIVED_AT,
                "finished_at": ARRIVED_AT,
                "location": "s3://lake/processed/sales/sales.csv",
                "year": 2024,
                "month": 6,
            }
        ],
    }


def by_year() -> dict[int, tuple[int, int, Decimal, Decimal]]:
    """Orders, units, revenue and profit."""
    years: dict[int, tuple[int, int, Decimal, Decimal]] = {}
    for order in ORDERS:
        values = (1, order.units, order.revenue, order.revenue - order.total_cost)
        before = years.get(order.order_date.year, (0, 0, Decimal(0), Decimal(0)))
        years[order.order_date.year] = tuple(total + value for total, value in zip(before, values, strict=True))
    return years


@pytest.fixture(scope="module")
def lake(aws, aws_endpoint) -> Iterator[Lake]:
    """Sales published, with their views in Athena, and in Redshift."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
            environment.setenv(name, value)
        lake = Lake(aws)
        lake.publish_dataset(SALES, tables(), "jr_1")
        for view in VIEWS:
            lake.athena(f"sql/athena/{view}/create_view.sql")
        lake.run(
            RedshiftLoadOperator,
            tables=IN_REDSHIFT,
            preparation=preparation_of(IN_REDSHIFT),
            scripts=transaction(then=[f"sql/redshift/{view}/create_view.sql" for view in VIEWS]),
            bucket=lake.name,
            glue_database=lake.database,
            database=REDSHIFT_DATABASE,
            workgroup_name=lake.name,
            poll_interval=LOOK_SECONDS,
        )
        yield lake


@pytest.fixture(params=["athena", "redshift"])
def ask(request, lake):
    """`ask(view)`: all rows of a view in one of the engines."""

    def rows_of(view: str) -> list[dict[str, str | None]]:
        if request.param == "athena":
            return lake.athena_rows(f"SELECT * FROM {view}")
        return lake.redshift_rows(f"SELECT * FROM analytics.{view}")

    return rows_of


def test_the_views_count_show_and_add_up_the_orders(ask):
    sums = sums_of(ORDERS)
    (count,) = ask("sales_count")
    assert (int(count["row_count"]), int(count["orders"])) == (len(sums), len(ORDERS))
    preview = [tuple(row[name] for name in ("year", "quarter", "region", "country")) for row in ask("sales_preview")]
    keys = sorted(sums, key=lambda key: (-key[2], -key[3], key[0], key[1]))
    assert preview == [(str(year), str(quarter), region, country) for region, country, year, quarter, _ in keys[:10]]
    assert {
        int(row["year"]): tuple(
            Decimal(row[name]) for name in ("orders", "units_sold", "total_revenue", "total_profit")
        )
        for row in ask("sales_by_year")
    } == by_year()
    shares = {int(row["year"]): float(row["profit_share"]) for row in ask("sales_by_year")}
    assert shares == pytest.approx({year: float(found[3] / found[2]) for year, found in by_year().items()})


def test_the_three_queries_of_the_warehouse_say_the_same(lake):
    def rows(query: str) -> list[dict[str, str | None]]:
        return lake.redshift_rows((SQL / f"redshift/regionalsales/{query}.sql").read_text())

    assert [int(row["orders"]) for row in rows("count")] == [len(ORDERS)]
    assert rows("preview") == lake.redshift_rows("SELECT * FROM analytics.sales_preview")
    assert [
        (int(row["year"]), Decimal(row["total_revenue"]), Decimal(row["total_profit"]))
        for row in rows("revenue_and_profit_by_year")
    ] == [(year, found[2], found[3]) for year, found in sorted(by_year().items())]


def test_the_saved_queries_tell_of_years_regions_and_rejects(lake):
    def saved(name: str) -> str:
        return RESOURCES[name]["Properties"]["QueryString"]

    assert [int(row["orders"]) for row in lake.athena_rows(saved("SalesByYearQuery"))] == [10, 10]
    assert [
        (row["reason"], row["column_name"], row["rejected_rows"])
        for row in lake.athena_rows(saved("SalesRejectsQuery"))
    ] == [("missing_value", "country", "2")]
    profit = {
        region: sum(found[4] for key, found in sums_of(ORDERS).items() if (key[0], key[2]) == (region, 2016))
        for region in ("Asia", "Europe")
    }
    rows = lake.athena_answer(saved("SalesByRegionQuery"), {"year": "2016"})
    assert {row["region"]: Decimal(row["total_profit"]) for row in rows} == {
        region: found for region, found in profit.items() if found
    }


@pytest.mark.parametrize("view", VIEWS)
def test_the_two_engines_are_asked_the_same(view):
    """But for the schema and the name of the type, the statements are one."""
    athena, redshift = ((SQL / engine / view / "create_view.sql").read_text() for engine in ("athena", "redshift"))
    assert redshift.replace("analytics.", "").replace("double precision", "double").replace(";", "") == athena


def test_sound_sales_have_no_violation_and_wrong_ones_are_told(lake):
    verification = "sql/athena/fact_sales/verification.sql"
    lake.athena(verification, AthenaCheckOperator)
    wrong = tables()
    wrong["fact_sales"][0]["total_profit"] += 1
    wrong["fact_sales"][1]["order_id"] = wrong["fact_sales"][2]["order_id"]
    del wrong["dim_regions"][0], wrong["sales_rejects"][0]
    lake.publish_dataset(SALES, wrong, "jr_2")
    with pytest.raises(AirflowFailException) as failure:
        lake.athena(verification, AthenaCheckOperator)
    for violation in (
        "fact_sales has an order twice, row_count 1",
        "fact_sales.region_key is not in dim_regions, row_count 10",
        "or an order in another month's partition, row_count 1",
        "regionalsales has other sums than fact_sales, row_count 1",
        "a loaded file whose rows are neither orders nor rejects, row_count 1",
    ):
        assert violation in str(failure.value)
