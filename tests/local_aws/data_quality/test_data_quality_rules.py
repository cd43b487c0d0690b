"""What each rule type finds, on an Iceberg table and on a Hive one alike."""

from datetime import date, timedelta

import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import DateType, DecimalType, LongType, NestedField, StringType

from tests.local_aws.data_quality.prices import (
    HIVE_COLUMNS,
    INSTRUMENT_COLUMNS,
    INSTRUMENTS,
    ROWS,
    TABLE,
    TODAY,
    deviation,
    mean,
    share,
    total,
    unique_share,
    values,
)
from tests.local_aws.data_quality.quality_lake import QualityLake

PASS, FAIL, ERROR = "PASS", "FAIL", "ERROR"
ICEBERG_SCHEMA = Schema(
    NestedField(1, "id", LongType()),
    NestedField(2, "symbol", StringType()),
    NestedField(3, "close", DecimalType(18, 2)),
    NestedField(4, "volume", LongType()),
    NestedField(5, "trade_date", DateType()),
    NestedField(6, "note", StringType()),
)


def compliance(column, value):
    return {f"Column.{column}.ColumnValues.Compliance": value}


def is_known(column):
    return lambda row: row[column] is not None


RECENT = share(lambda row: row["trade_date"] is not None and row["trade_date"] > TODAY - timedelta(days=3))
CASES = [
    ("RowCount = 8", PASS, {"Dataset.*.RowCount": len(ROWS)}),
    ("RowCount between 8 and 20", FAIL, {"Dataset.*.RowCount": len(ROWS)}),
    ("RowCount not between 8 and 20", PASS, {"Dataset.*.RowCount": len(ROWS)}),
    ("""RowCount = 2 where "symbol = 'AAA'" """, PASS, {"Dataset.*.RowCount": 2}),
    ("ColumnCount = 6", PASS, {"Dataset.*.ColumnCount": 6}),
    ('ColumnExists "Symbol"', PASS, {"Dataset.Symbol.ColumnExists": 1}),
    ('ColumnExists "isin"', FAIL, {"Dataset.isin.ColumnExists": 0}),
    ('IsComplete "id"', PASS, {"Column.id.Completeness": 1}),
    ('IsComplete "symbol"', FAIL, {"Column.symbol.Completeness": share(is_known("symbol"))}),
    ('IsComplete "symbol" where "id < 6"', PASS, {"Column.symbol.Completeness": 1}),
    ('IsComplete "isin"', FAIL, {}),
    ('Completeness "close" > 0.8', PASS, {"Column.close.Completeness": share(is_known("close"))}),
    ('Completeness "close" in [0.5, 1]', FAIL, {"Column.close.Completeness": share(is_known("close"))}),
    ('IsUnique "id"', FAIL, {"Column.id.Uniqueness": unique_share("id")}),
    ('IsUnique "id" "note"', PASS, {"Multicolumn.id,note.Uniqueness": unique_share("id", "note")}),
    ('Uniqueness "symbol" >= 0.1', PASS, {"Column.symbol.Uniqueness": unique_share("symbol")}),
    (
        'IsPrimaryKey "id" "note"',
        PASS,
        {"Multicolumn.id,note.Uniqueness": 1, "Column.id.Completeness": 1, "Column.note.Completeness": 1},
    ),
    (
        'IsPrimaryKey "id" "trade_date"',
        FAIL,
        {
            "Multicolumn.id,trade_date.Uniqueness": 1,
            "Column.id.Completeness": 1,
            "Column.trade_date.Completeness": share(is_known("trade_date")),
        },
    ),
    ('Mean "close" between 20 and 30', PASS, {"Column.close.Mean": mean("close")}),
    ('Sum "volume" > 2000000', FAIL, {"Column.volume.Sum": total("volume")}),
    ('StandardDeviation "close" < 50', PASS, {"Column.close.StandardDeviation": deviation("close")}),
    ('Mean "note" > 1', FAIL, {}),
    ('ColumnValues "id" > 0', PASS, {"Column.id.Minimum": 1}),
    ('ColumnValues "id" <= 6', FAIL, {"Column.id.Maximum": 7}),
    ('ColumnValues "close" > 0', FAIL, {"Column.close.Minimum": float(min(values("close")))}),
    ('ColumnValues "close" >= 0.99 where "close is not null"', PASS, {"Column.close.Minimum": 0.99}),
    ('ColumnValues "id" = 7 where "id > 6"', PASS, {"Column.id.Minimum": 7, "Column.id.Maximum": 7}),
    ('ColumnValues "id" != 8', PASS, compliance("id", 1)),
    ('ColumnValues "volume" != 250', FAIL, compliance("volume", share(lambda row: row["volume"] != 250))),
    (
        'ColumnValues "volume" between 0 and 251',
        FAIL,
        compliance("volume", share(lambda row: 0 < (row["volume"] or 0) < 251)),
    ),
    (
        'ColumnValues "volume" not between 7 and 250',
        FAIL,
        compliance("volume", share(lambda row: row["volume"] is None or not 7 < row["volume"] < 250)),
    ),
    ('ColumnValues "volume" in [0, 7, 100, 250, 1000000, NULL]', PASS, compliance("volume", 1)),
    (
        'ColumnValues "volume" not in [7, NULL]',
        FAIL,
        compliance("volume", share(lambda row: row["volume"] not in {7, None})),
    ),
    ('ColumnValues "symbol" = NULL', FAIL, compliance("symbol", share(lambda row: row["symbol"] is None))),
    (
        'ColumnValues "symbol" != NULL with threshold > 0.5',
        PASS,
        compliance("symbol", share(lambda row: row["symbol"] is not None)),
    ),
    (
        'ColumnValues "symbol" in ["AAA", "BBB"]',
        FAIL,
        compliance("symbol", share(lambda row: row["symbol"] in {"AAA", "BBB"})),
    ),
    ('ColumnValues "symbol" not in ["ZZZ"]', PASS, compliance("symbol", 1)),
    ('ColumnValues "symbol" not in ["ZZZ", EMPTY]', FAIL, compliance("symbol", share(is_known("symbol")))),
    (
        'ColumnValues "note" in [EMPTY, WHITESPACES_ONLY]',
        FAIL,
        compliance("note", share(lambda row: not row["note"].strip())),
    ),
    (
        'ColumnValues "note" not in ["x1", WHITESPACES_ONLY] with threshold = 0.75',
        PASS,
        compliance("note", share(lambda row: row["note"] not in {"x1", "  "})),
    ),
    (
        'ColumnValues "symbol" matches "[A-Z]{3}"',
        FAIL,
        {"Column.symbol.PatternMatch": share(is_known("symbol"))},
    ),
    (
        'ColumnValues "note" not matches "\\d+" with threshold > 0.2',
        PASS,
        {"Column.note.PatternMatch": share(lambda row: row["note"] in {"x1", "  ", "seven"})},
    ),
    ('ColumnValues "trade_date" > (now() - 3 days)', FAIL, compliance("trade_date", RECENT)),
    (
        'ColumnValues "trade_date" between "2024-01-01" and "2025-01-01"',
        FAIL,
        compliance("trade_date", share(lambda row: row["trade_date"] == date(2024, 2, 29))),
    ),
    ('ColumnValues "trade_date" <= now() where "trade_date is not null"', PASS, compliance("trade_date", 1)),
    (
        'ColumnLength "note" between 0 and 10',
        FAIL,
        {"Column.note.MinimumLength": 0, "Column.note.MaximumLength": 10},
    ),
    ('ColumnLength "symbol" <= 3', PASS, {"Column.symbol.MaximumLength": 3}),
    ('ColumnLength "symbol" > 2', FAIL, {"Column.symbol.MinimumLength": 0}),
    (
        'ColumnLength "symbol" in [3]',
        FAIL,
        {"Column.symbol.LengthCompliance": share(is_known("symbol"))},
    ),
    (
        'ColumnDataType "note" = "INTEGER" with threshold > 0.2',
        PASS,
        {"Column.note.ColumnDataType.Compliance": share(lambda row: row["note"] in {"7", "12"})},
    ),
    (
        'ColumnDataType "note" = "Date"',
        FAIL,
        {"Column.note.ColumnDataType.Compliance": share(lambda row: row["note"] == "2024-02-29")},
    ),
    ('DataFreshness "trade_date" <= 80 hours where "id <= 3"', PASS, {"Column.trade_date.DataFreshness.Compliance": 1}),
    (
        'DataFreshness "trade_date" < 10 days',
        FAIL,
        {
            "Column.trade_date.DataFreshness.Compliance": share(
                lambda row: (row["trade_date"] or date.min) > TODAY - timedelta(10)
            )
        },
    ),
    ('CustomSql "select count(*) from primary" between 5 and 10', PASS, {"Dataset.*.CustomSQL": 8}),
    ('CustomSql "select sum(volume) / 2 from primary where id > 6" = 7', PASS, {"Dataset.*.CustomSQL": 7}),
    ('CustomSql "select max(id) / 2 from primary" = 3.5', PASS, {"Dataset.*.CustomSQL": 3.5}),
    (
        "CustomSql \"select count(*) from primary where id > '6' and trade_date < '2025-01-01' and close >= '5'\" = 1",
        PASS,
        {"Dataset.*.CustomSQL": 1},
    ),
    (
        'CustomSql "select id, note from primary where volume is not null" with threshold > 0.8',
        PASS,
        {"Dataset.*.CustomSQL.Compliance": share(is_known("volume"))},
    ),
    (
        'CustomSql "with days as (select year(trade_date) as y, nvl(volume, 0) as v from primary) '
        'select count(*) from days where y = 2024 and v <= 7" > 1',
        PASS,
        {
            "Dataset.*.CustomSQL": sum(
                row["trade_date"] == date(2024, 2, 29) and (row["volume"] or 0) <= 7 for row in ROWS
            )
        },
    ),
    (
        "CustomSql \"select count(*) from primary where symbol rlike '^[AB]+$' and least(id, volume) < 2\" = 2",
        PASS,
        {"Dataset.*.CustomSQL": 2},
    ),
    ('CustomSql "select id from primary"', PASS, {"Dataset.*.CustomSQL.Compliance": 1}),
    (
        'CustomSql "select count(*) from primary p join instruments i on p.symbol = i.code" = 5',
        PASS,
        {"Dataset.*.CustomSQL": 5},
    ),
    (
        'CustomSql "select count(*) from primary p join instruments i on p.symbol = i.code '
        "where p.note = 'seven' and p.id > '6'\" = 1",
        PASS,
        {"Dataset.*.CustomSQL": 1},
    ),
    ('CustomSql "select nothing from primary" = 1', ERROR, {}),
    ('CustomSql "drop table primary" = 1', ERROR, {}),
    ('IsComplete "id" where "nothing > 1"', ERROR, {}),
    (
        'ReferentialIntegrity "symbol" "instruments.code" >= 0.9',
        FAIL,
        {"Column.instruments.ReferentialIntegrity": share(lambda row: row["symbol"] in {"AAA", "CCC", "DDD"})},
    ),
    (
        'ReferentialIntegrity "symbol,symbol" "instruments.{code,code}" = 0.625',
        PASS,
        {"Column.instruments.ReferentialIntegrity": 5 / 8},
    ),
    ('ReferentialIntegrity "symbol" "unknown.code" = 1', FAIL, {}),
    ('DatasetMatch "copy" "id,note" = 1.0', PASS, {"Dataset.copy.DatasetMatch": 1}),
    (
        'DatasetMatch "copy" "note" "volume->id" < 0.3',
        PASS,
        {"Dataset.copy.DatasetMatch": share(lambda row: row["volume"] == row["id"])},
    ),
    ('DatasetMatch "copy" "id" = 1.0', FAIL, {}),
    ('AggregateMatch "sum(volume)" "sum(copy.volume)" = 1.0', PASS, {"Column.volume.AggregateMatch": 1}),
    (
        'AggregateMatch "avg(id)" "sum(instruments.weight)" > 0.6',
        FAIL,
        {"Column.id,weight.AggregateMatch": mean("id") / 8},
    ),
    ('(IsComplete "symbol") or (RowCount > 1)', PASS, {"Column.symbol.Completeness": 7 / 8, "Dataset.*.RowCount": 8}),
    (
        '(ColumnValues "close" > 0.5) OR (ColumnValues "close" = NULL)',
        FAIL,
        {"Column.close.Minimum": 0.99} | compliance("close", 1 / 8),
    ),
    (
        '(IsComplete "id") and ((RowCount > 10) or (IsUnique "note"))',
        PASS,
        {"Column.id.Completeness": 1, "Dataset.*.RowCount": 8, "Column.note.Uniqueness": 1},
    ),
]


@pytest.fixture(scope="module")
def lake(aws_endpoint, aws):
    lake = QualityLake.over(aws_endpoint, aws)
    lake.put_hive_table("hive_prices", TABLE, HIVE_COLUMNS)
    lake.put_hive_table("instruments", INSTRUMENTS, INSTRUMENT_COLUMNS)
    lake.create_table("iceberg_prices", ICEBERG_SCHEMA).append(TABLE)
    return lake


@pytest.fixture(scope="module")
def results(lake):
    """By the kind of table, and then by rule."""
    references = {"instruments": lake.source("instruments"), "copy": lake.source("hive_prices")}
    found = {}
    for kind in ("hive", "iceberg"):
        result = lake.evaluate(f"{kind}_prices", *(rule for rule, _, _ in CASES), AdditionalDataSources=references)
        found[kind] = dict(zip((rule for rule, _, _ in CASES), result["RuleResults"], strict=True))
    return found


@pytest.mark.parametrize("kind", ["hive", "iceberg"])
@pytest.mark.parametrize(("rule", "expected", "metrics"), CASES, ids=[rule for rule, _, _ in CASES])
def test_rule_finds_what_is_so(results, kind, rule, expected, metrics):
    found = results[kind][rule]
    assert found["Result"] == expected, found.get("EvaluationMessage")
    assert found["EvaluatedMetrics"] == pytest.approx(metrics)
    assert (found.get("EvaluationMessage") is None) == (expected == PASS)
    assert found["Description"] == found["EvaluatedRule"] == rule.strip()


# What each rule alone finds of all rows is another thing: these composites fail or pass by the rows.
COMPOSITES_BY_ROW = [
    ('(ColumnValues "close" > 0.5) OR (ColumnValues "close" = NULL)', PASS),
    ('(ColumnValues "note" matches "[0-9-]+") or (ColumnLength "note" <= 2)', FAIL),
    ('(ColumnValues "note" matches "[0-9-]+") or (ColumnLength "note" <= 5)', PASS),
    ('(IsComplete "symbol") or ((ColumnDataType "note" = "DATE") and (ColumnValues "id" = 6))', FAIL),
    ('(IsComplete "symbol") or ((ColumnDataType "note" != "DATE") and (ColumnValues "id" = 6))', PASS),
    (
        '(IsComplete "symbol" where "id < 6") and (DataFreshness "trade_date" >= 0 hours where "id < 7")',
        PASS,
    ),
    ('(RowCount > 1) and (IsComplete "id")', ERROR),
    ('IsComplete "symbol"', FAIL),
]


def test_composite_is_joined_in_every_row_where_the_run_says_so(lake):
    rules = [rule for rule, _ in COMPOSITES_BY_ROW]
    result = lake.evaluate("iceberg_prices", *rules, AdditionalRunOptions={"CompositeRuleEvaluationMethod": "ROW"})
    assert [(found["Description"], found["Result"]) for found in result["RuleResults"]] == COMPOSITES_BY_ROW
