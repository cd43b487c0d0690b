"""The notebook, run from an empty kernel: its pictures show what plain Python works out from the orders."""

import base64
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from lakehouse.redshift import preparation_of, transaction
from lakehouse.settings import REDSHIFT_DATABASE
from lakehouse_aws.redshift.load import RedshiftLoadOperator
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell

from lakehouse_contract.arrivals.kinds import SALES_FILES
from lakehouse_contract.datasets import SALES
from lakehouse_contract.sales_records import REGION_OF, product_key, region_key
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.dags.star_schema_lake import Lake

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "regional_sales.ipynb"
ARRIVED_AT = datetime(2026, 11, 20, tzinfo=UTC)
COUNTRIES = ("Kenya", "Tuvalu", "Spain", "France")
CENTS = {"Fruits": (933, 692), "Household": (66827, 50254), "Snacks": (15258, 9744)}
TABLES = [table for table in SALES.tables if table != SALES_FILES.ledger]


def sold(number: int, random_numbers: random.Random) -> dict[str, Any]:
    """An order: its row in fact_sales, with its country and its type of items besides."""
    country, item = random_numbers.choice(COUNTRIES), random_numbers.choice(list(CENTS))
    day = date(2019, 1, 1) + timedelta(days=random_numbers.randrange(1095))
    units, (price, cost) = random_numbers.randrange(1, 10_000), CENTS[item]
    return {
        "order_id": 100_000_000 + number,
        "order_date": day,
        "ship_date": day + timedelta(days=3),
        "region_key": region_key(REGION_OF[country], country),
        "product_key": product_key(item),
        "sales_channel": "Online",
        "order_priority": "H",
        "units_sold": units,
        "unit_price": Decimal(price) / 100,
        "unit_cost": Decimal(cost) / 100,
        "total_revenue": Decimal(units * price) / 100,
        "total_cost": Decimal(units * cost) / 100,
        "total_profit": Decimal(units * (price - cost)) / 100,
        "source_file": "sales.csv",
        "line_number": number + 2,
        "arrived_at": ARRIVED_AT,
        "year": day.year,
        "month": day.month,
        "country": country,
        "item_type": item,
    }


NUMBERS = random.Random(5)  # noqa: S311
ORDERS = [sold(number, NUMBERS) for number in range(300)]


def added_up() -> list[dict[str, Any]]:
    """The rows of regionalsales."""
    measures = ("units_sold", "total_revenue", "total_cost", "total_profit")
    sums: dict[tuple, list] = defaultdict(lambda: [0] * (len(measures) + 1))
    for order in ORDERS:
        quarter = (order["month"] + 2) // 3
        key = (REGION_OF[order["country"]], order["country"], order["year"], quarter, order["item_type"])
        sums[key] = [total + more for total, more in zip(sums[key], (1, *map(order.get, measures)), strict=True)]
    names = ("region", "country", "year", "quarter", "item_type", "orders", *measures)
    return [dict(zip(names, (*key, *values), strict=True)) for key, values in sums.items()]


def tables() -> dict[str, list[dict]]:
    return {
        "dim_products": [{"product_key": product_key(item), "item_type": item} for item in CENTS],
        "dim_regions": [
            {"region_key": region_key(REGION_OF[country], country), "region": REGION_OF[country], "country": country}
            for country in COUNTRIES
        ],
        "fact_sales": ORDERS,
        "regionalsales": added_up(),
        "sales_rejects": [],
        "sales_file_ledger": [],
    }


@pytest.fixture(scope="module")
def environment(aws, aws_endpoint, tmp_path_factory) -> Iterator[None]:
    """Sales published in the lake and loaded into Redshift, and an environment that says where."""
    lake = Lake(aws)
    home = tmp_path_factory.mktemp("jupyter")
    settings = AIRFLOW_ENVIRONMENT | {
        "AWS_ENDPOINT_URL": aws_endpoint.url,
        "LAKEHOUSE_GLUE_DATABASE": lake.database,
        "LAKEHOUSE_ATHENA_WORKGROUP": lake.name,
        "LAKEHOUSE_REDSHIFT_WORKGROUP": lake.name,
        "IPYTHONDIR": str(home),
        "JUPYTER_RUNTIME_DIR": str(home),
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        lake.publish_dataset(SALES, tables(), "jr_1")
        lake.run(
            RedshiftLoadOperator,
            tables=TABLES,
            preparation=preparation_of(TABLES),
            scripts=transaction(),
            bucket=lake.name,
            glue_database=lake.database,
            database=REDSHIFT_DATABASE,
            workgroup_name=lake.name,
            poll_interval=1,
        )
        yield


@pytest.fixture(scope="module")
def kernel(environment) -> Iterator[NotebookClient]:
    """The notebook, run to its end, and the kernel that it ran in."""
    client = NotebookClient(nbformat.read(NOTEBOOK, as_version=4), timeout=120, kernel_name="python3")
    with client.setup_kernel():
        for number, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, number)
        yield client


def figure(client: NotebookClient, cell_id: str) -> list[dict[str, Any]]:
    """The data of the picture that a cell shows."""
    [cell] = [cell for cell in client.nb.cells if cell["id"] == cell_id]
    [output] = [output for output in cell.outputs if "application/vnd.plotly.v1+json" in output.get("data", {})]
    traces = output["data"]["application/vnd.plotly.v1+json"]["data"]
    return [{name: plain(value) for name, value in trace.items()} for trace in traces]


def plain(value: Any) -> Any:
    """A list in the place of an array as Plotly writes it: its type, its shape and its bytes."""
    if not (isinstance(value, dict) and "bdata" in value):
        return value
    numbers = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
    shape = [int(length) for length in value["shape"].split(",")] if "shape" in value else [-1]
    return numbers.reshape(shape).tolist()


def test_the_years_have_their_revenue_and_profit(kernel):
    traces = figure(kernel, "revenue-and-profit-by-year")
    shown = {trace["name"]: dict(zip(trace["x"], trace["y"], strict=True)) for trace in traces}
    for measure in ("revenue", "profit"):
        expected = defaultdict(Decimal)
        for order in ORDERS:
            expected[order["year"]] += order[f"total_{measure}"]
        assert shown[measure] == pytest.approx({year: float(total) for year, total in expected.items()})


def test_the_regions_have_a_line_each(kernel):
    expected = defaultdict(Decimal)
    for order in ORDERS:
        expected[REGION_OF[order["country"]], order["year"]] += order["total_revenue"]
    shown = {
        (trace["name"], year): revenue
        for trace in figure(kernel, "revenue-by-region")
        for year, revenue in zip(trace["x"], trace["y"], strict=True)
    }
    assert shown == pytest.approx({key: float(total) for key, total in expected.items()})


def test_the_most_profitable_products_are_on_top(kernel):
    [shown] = figure(kernel, "profit-by-product")
    profits = defaultdict(lambda: defaultdict(Decimal))
    for order in ORDERS:
        profits[order["item_type"]][order["year"]] += order["total_profit"]
    assert shown["y"] == sorted(profits, key=lambda item: -sum(profits[item].values()))
    assert shown["x"] == [2019, 2020, 2021]
    for item, row in zip(shown["y"], shown["z"], strict=True):
        assert row == pytest.approx([float(profits[item][year]) / 1e6 for year in shown["x"]])


@pytest.mark.parametrize(
    "change", ["orders.loc[0, 'total_profit'] += Decimal('0.01')", "orders = orders.iloc[1:]", "sales = sales.iloc[1:]"]
)
def test_a_number_that_differs_between_the_engines_fails_the_notebook(kernel, change):
    [checks] = [cell for cell in kernel.nb.cells if cell["id"] == "checks"]
    tried = f"kept = sales.copy(), orders.copy()\ntry:\n    {change}\n" + "".join(
        f"    {line}\n" for line in checks.source.splitlines()
    )
    cell = new_code_cell(f"{tried}finally:\n    sales, orders = kept")
    kernel.nb.cells.append(cell)
    with pytest.raises(CellExecutionError, match="AssertionError"):
        kernel.execute_cell(cell, len(kernel.nb.cells) - 1)


def test_outputs_are_not_committed():
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert len(cells) > 0
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
