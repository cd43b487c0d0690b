"""The tasks that make the pages of pictures, and what the queries of the pages may ask."""

from pathlib import Path

import pytest
import sqlglot
from lakehouse.reports import REPORTS

from lakehouse_contract.reports import PIPELINES
from lakehouse_contract.tables import declared_tables

REPOSITORY = Path(__file__).parents[2]


def test_every_pipeline_has_a_report():
    assert tuple(REPORTS) == PIPELINES


def test_the_task_links_its_page(dag_bag):
    operator = dag_bag.dags["market_data_daily"].get_task("report")
    (link,) = operator.operator_extra_links
    docs = "https://s3.console.aws.amazon.com/s3/object/data-docs?prefix="
    assert link.get_link(operator, ti_key=None) == f"{docs}reports/market_data.html"


@pytest.mark.parametrize(
    ("dag_id", "waits_for_nobody"),
    [
        ("financial_warehouse_daily", {"catalog_raw", "refresh_catalog"}),
        ("financial_warehouse_replay", {"refresh_catalog"}),
        ("financial_warehouse_rollback", {"refresh_catalog"}),
        ("market_data_daily", {"catalog"}),
        ("stock_prices_to_redshift", set()),
        ("regional_sales_daily", {"catalog", "ask"}),
    ],
)
def test_a_report_is_the_last_task_of_its_dag(dag_bag, dag_id, waits_for_nobody):
    dag = dag_bag.dags[dag_id]
    report = dag.get_task("report")
    before = {task.task_id for task in report.get_flat_relatives(upstream=True)}
    assert before == set(dag.task_ids) - {"report"} - waits_for_nobody
    assert report.downstream_task_ids == set()
    # Of stock prices the load before it is skipped where there is no Redshift.
    assert report.trigger_rule == ("none_failed" if dag_id == "stock_prices_to_redshift" else "all_success")


def test_the_reports_that_are_asked_for_are_made(dag_bag):
    dag = dag_bag.dags["lakehouse_reports"]
    choose = dag.get_task("choose_reports")
    assert choose.downstream_task_ids == {f"report_{pipeline}" for pipeline in PIPELINES}
    assert choose.python_callable(params={"pipelines": ["sales"]}) == ["report_sales"]


def test_no_report_asks_for_personal_data():
    """Neither for a column that the declarations protect, nor for names of people, nor for rows as they came."""
    protected = {
        column.name
        for table in declared_tables()
        for column in (*table.columns, *table.fields)
        if (column.pii or "keep") not in {"keep", "keep_identifier"}
    }
    assert {"email", "phone", "national_id", "_doc"} <= protected
    private = protected | {"name", "city", "birth_year", "merchant_name", "raw_row", "raw_line", "raw_bar"}
    queries = [section.query for report in REPORTS.values() for section in report.sections]
    assert len(queries) == len(set(queries)) >= 20
    for query in queries:
        asked = sqlglot.parse_one((REPOSITORY / query).read_text(), dialect="athena")
        selected = [column for select in asked.find_all(sqlglot.exp.Select) for column in select.expressions]
        assert not any(column.is_star for column in selected), query
        assert {column.name for column in asked.find_all(sqlglot.exp.Column)} & private == set(), query
