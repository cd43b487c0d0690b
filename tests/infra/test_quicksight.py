"""QuickSight shows what the page of market data shows: the same questions, the same four pictures."""

from pathlib import Path

import pytest
from lakehouse.reports.market_data import MARKET_DATA_REPORT
from lakehouse_aws.reports.tables import Table

REPOSITORY = Path(__file__).parents[2]
PICTURES = {
    section.title: (REPOSITORY / section.query).read_text()
    for section in MARKET_DATA_REPORT.sections
    if not isinstance(section.view, Table)
}


@pytest.fixture(scope="module")
def of_quicksight(resources):
    return {found.name: found for found in resources if found.template == "quicksight"}


def custom_sql(data_set) -> dict:
    ((_, table),) = data_set.properties["PhysicalTableMap"].items()
    return table["CustomSql"]


def test_each_data_set_asks_what_a_picture_of_the_page_asks(resources_of):
    data_sets = resources_of("AWS::QuickSight::DataSet")
    assert {found.properties["Name"]: custom_sql(found)["SqlQuery"] for found in data_sets} == PICTURES
    assert {found.properties["ImportMode"] for found in data_sets} == {"DIRECT_QUERY"}


def test_analysis_and_dashboard_show_the_four_pictures(of_quicksight):
    definition = of_quicksight["MarketDataAnalysis"].properties["Definition"]
    assert of_quicksight["MarketDataDashboard"].properties["Definition"] == definition
    (sheet,) = definition["Sheets"]
    visuals = [visual for shape in sheet["Visuals"] for visual in shape.items()]
    shown = [(kind, visual["Title"]["FormatText"]["PlainText"]) for kind, visual in visuals]
    kinds = ("LineChartVisual", "BarChartVisual", "BarChartVisual", "ScatterPlotVisual")
    assert shown == list(zip(kinds, PICTURES, strict=True))
    placed = [element["ElementId"] for element in sheet["Layouts"][0]["Configuration"]["GridLayout"]["Elements"]]
    assert placed == [visual["VisualId"] for _, visual in visuals]


def test_every_column_that_is_drawn_is_one_of_its_data_set(of_quicksight):
    definition = of_quicksight["MarketDataAnalysis"].properties["Definition"]
    columns = {}
    for declared in definition["DataSetIdentifierDeclarations"]:
        data_set = of_quicksight[str(declared["DataSetArn"]["Fn::GetAtt"][0])]
        columns[declared["Identifier"]] = {column["Name"] for column in custom_sql(data_set)["Columns"]}
    drawn = list(columns_in(definition["Sheets"]))
    assert {identifier for identifier, _ in drawn} == columns.keys()
    assert [column for column in drawn if column[1] not in columns[column[0]]] == []


def columns_in(node):
    if isinstance(node, dict):
        if "ColumnName" in node:
            yield str(node["DataSetIdentifier"]), str(node["ColumnName"])
        for value in node.values():
            yield from columns_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from columns_in(value)


def test_one_principal_is_given_everything_and_may_not_change_the_sources(of_quicksight):
    for found in of_quicksight.values():
        if found.type == "AWS::IAM::Role":
            continue
        (permission,) = found.properties["Permissions"]
        assert permission["Principal"] == {"Ref": "QuickSightPrincipalArn"}
        if found.type in {"AWS::QuickSight::DataSource", "AWS::QuickSight::DataSet"}:
            assert not [action for action in permission["Actions"] if "Update" in action or "Delete" in action]


def test_quicksight_reads_with_the_rights_of_analysts(of_quicksight):
    (policy,) = of_quicksight["QuickSightRole"].properties["ManagedPolicyArns"]
    assert policy["Fn::Sub"].endswith(":policy/lakehouse-analyst-${AWS::Region}")
    athena = of_quicksight["Lakehouse"].properties["DataSourceParameters"]["AthenaParameters"]
    assert athena == {"WorkGroup": "lakehouse", "RoleArn": {"Fn::GetAtt": ["QuickSightRole", "Arn"]}}
