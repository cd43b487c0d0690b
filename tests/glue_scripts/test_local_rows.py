from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from lakehouse_glue.local_rows import local_frame
from pyspark.errors import PySparkTypeError, PySparkValueError
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

SCHEMA = (
    "number bigint, small int, text string, amount decimal(38,2), day date, moment timestamp, is_open boolean, "
    "secret binary, texts array<string>"
)
FIRST, LAST = datetime(2020, 2, 29, 1, 2, 3, 4567, UTC), datetime(1969, 12, 31, tzinfo=UTC)
ROWS = [
    (2**63 - 1, -1, "Ωλ\0'", Decimal("-1.10"), date(1, 1, 1), FIRST, True, b"\0\xff", ["a", None]),
    (None, None, None, None, None, None, None, None, None),
    (0, 1, "", Decimal("99999999999999999999.99"), date(9999, 12, 31), LAST, False, b"", []),
]
MICROSECONDS = [1_582_938_123_004_567, None, -86_400_000_000]


def test_rows_are_those_that_went_in_to_the_last_digit(spark: SparkSession) -> None:
    rows = local_frame(spark, iter(ROWS), SCHEMA).withColumn("moment", f.unix_micros("moment")).collect()
    expected = [(*row[:5], at, *row[6:]) for row, at in zip(ROWS, MICROSECONDS, strict=True)]
    assert [tuple(row) for row in rows] == expected


@pytest.mark.parametrize("rows", [ROWS, []])
def test_no_task_is_needed_to_read_them(spark: SparkSession, rows: list[tuple]) -> None:
    frame = local_frame(spark, rows, SCHEMA)
    assert frame.count() == len(rows)
    assert [f"{field.name} {field.dataType.simpleString()}" for field in frame.schema] == SCHEMA.split(", ")
    assert frame._jdf.queryExecution().executedPlan().nodeName() == "LocalTableScan"


def test_a_value_of_another_type_is_refused(spark: SparkSession) -> None:
    wrong = [
        ("text", "bigint"),
        (1.5, "bigint"),
        (2.0, "bigint"),
        (2**31, "int"),
        (Decimal("0.001"), "decimal(18,2)"),
        ("ab", "array<string>"),
    ]
    for value, kind in wrong:
        with pytest.raises((PySparkTypeError, PySparkValueError)):
            local_frame(spark, [(value,)], f"given {kind}")


def test_rows_of_more_or_fewer_values_are_refused(spark: SparkSession) -> None:
    for row in ((1,), (1, "x", "y")):
        with pytest.raises(PySparkValueError, match="LENGTH_SHOULD_BE_THE_SAME"):
            local_frame(spark, [(1, "x"), row], "number bigint, text string")
