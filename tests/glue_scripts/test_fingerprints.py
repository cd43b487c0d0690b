"""Fingerprints tell rows apart, whatever their order, and nothing else."""

from lakehouse_glue.fingerprints import fingerprints

SCHEMA = "year int, name string, city string"
ROWS = [(2023, "x", None), (2023, "y", "z"), (2024, "x", "x"), (2024, "x", "x")]
COLUMNS = ["year", "name", "city"]


def of(spark, rows):
    return fingerprints(spark.createDataFrame(rows, SCHEMA), COLUMNS, ["year"])


def test_order_and_files_do_not_count(spark):
    assert of(spark, ROWS) == of(spark, ROWS[::-1])
    shuffled = spark.createDataFrame(ROWS, SCHEMA).repartition(2, "name")
    assert fingerprints(shuffled, COLUMNS, ["year"]) == of(spark, ROWS)


def test_any_other_row_changes_the_fingerprint_of_its_key_alone(spark):
    before = of(spark, ROWS)
    for rows in (
        [(2023, None, "x"), *ROWS[1:]],
        [(2023, "x", "z"), (2023, "y", None), *ROWS[2:]],
        [(2023, "x", ""), *ROWS[1:]],
        [ROWS[0], *ROWS],
    ):
        after = of(spark, rows)
        assert after[(2023,)] != before[(2023,)]
        assert after[(2024,)] == before[(2024,)]
    # Equal rows do not cancel each other out.
    assert of(spark, ROWS[:2]).keys() == {(2023,)}


def test_no_rows_have_a_fingerprint_of_their_own(spark):
    assert fingerprints(spark.createDataFrame([], SCHEMA), COLUMNS) == {(): (0, 0, 0)}
