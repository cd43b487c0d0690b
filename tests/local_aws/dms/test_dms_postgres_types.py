"""PostgreSQL types and values against the Parquet types of DMS and values written down by hand."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from botocore.exceptions import ClientError

TIMESTAMP = pa.timestamp("us", tz="UTC")
UNIX_SECONDS_YEAR_1 = -62135596800
LAST_MICROSECOND_OF_294246 = 9223371244799999999


@pytest.fixture
def load_column(migration, execute):
    """Load a table with one column of a type, with the given SQL literals as its rows."""

    def load(column_type, *literals, **source_settings):
        execute(f"CREATE TABLE t (position int, v {column_type})")
        rows = ", ".join(f"({position}, {literal})" for position, literal in enumerate(literals))
        execute("INSERT INTO t VALUES " + rows)
        source = {"PostgreSQLSettings": source_settings} if source_settings else {}
        migration.load(migration.selection("t"), source=source)
        return migration.read("public/t").sort_by("position")["v"]

    return load


# Type, SQL literal, type in Parquet, value.
TYPES = [
    ("smallint", "-32768", pa.int16(), -32768),
    ("int", "2147483647", pa.int32(), 2147483647),
    ("bigint", "-9223372036854775808", pa.int64(), -9223372036854775808),
    ("real", "1.5", pa.float32(), 1.5),
    ("double precision", "0.1", pa.float64(), 0.1),
    ("numeric(18,2)", "-12.30", pa.decimal128(18, 2), Decimal("-12.30")),
    ("numeric(38,4)", f"{'9' * 34}.9999", pa.decimal128(38, 4), Decimal(f"{'9' * 34}.9999")),
    ("numeric(39,1)", f"{'1' * 38}.9", pa.string(), f"{'1' * 38}.9"),
    ("numeric(3,-2)", "12345", pa.decimal128(5, 0), Decimal(12300)),
    ("numeric", "1.23456789", pa.decimal128(28, 6), Decimal("1.234568")),
    ("money", "'-1234.56'", pa.decimal128(38, 4), Decimal("-1234.5600")),
    ("boolean", "true", pa.string(), "true"),
    ("date", "'2024-02-29'", pa.date32(), date(2024, 2, 29)),
    ("time", "'23:59:59.123'", pa.time32("ms"), time(23, 59, 59, 123000)),
    ("timetz", "'01:00:00+02'", pa.time32("ms"), time(23, 0)),
    ("timestamptz", "'2024-01-01 01:00:00.000001+02'", TIMESTAMP, datetime(2023, 12, 31, 23, 0, 0, 1, UTC)),
    ("timestamp", "'2024-01-01 01:00:00'", TIMESTAMP, datetime(2024, 1, 1, 1, tzinfo=UTC)),
    ("char(5)", "'ab'", pa.string(), "ab"),
    ("varchar(5)", "'ab '", pa.string(), "ab "),
    ("text", "'مرحبا 😀'", pa.string(), "مرحبا 😀"),
    ("json", """'{"a":  1}'""", pa.string(), '{"a":  1}'),
    ("jsonb", """'{"a":  1}'""", pa.string(), '{"a": 1}'),
    ("int[]", "'{1,NULL,3}'", pa.string(), "{1,NULL,3}"),
    ("uuid", "'6B29FC40-CA47-1067-B31D-00DD010662DA'", pa.string(), "6b29fc40-ca47-1067-b31d-00dd010662da"),
    ("bytea", r"'\x00ff'", pa.binary(), b"\x00\xff"),
    ("interval", "'1 day 2 hours'", pa.string(), "1 day 02:00:00"),
    ("inet", "'10.0.0.1/8'", pa.string(), "10.0.0.1/8"),
]


def test_types_and_values(migration, execute):
    columns = [f'"{column_type}" {column_type}' for column_type, *_ in TYPES]
    literals = [literal for _, literal, *_ in TYPES]
    execute(f"CREATE TABLE t ({', '.join(columns)})")
    execute(f"INSERT INTO t VALUES ({', '.join(literals)})")
    execute("INSERT INTO t DEFAULT VALUES")
    migration.load(migration.selection("t"))
    table = migration.read("public/t")
    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == {name: kind for name, _, kind, _ in TYPES}
    assert table.slice(0, 1).to_pylist() == [{name: value for name, *_, value in TYPES}]
    assert table.slice(1).to_pylist() == [dict.fromkeys(table.schema.names)]


def test_a_boolean_stays_one_when_the_endpoint_says_so(load_column):
    assert load_column("boolean", "true", "false", "NULL", MapBooleanAsBoolean=True).to_pylist() == [True, False, None]


def test_an_enum_and_a_domain_become_what_they_are_made_of(migration, execute):
    execute("CREATE TYPE mood AS ENUM ('glad'); CREATE DOMAIN price AS numeric(10,2); CREATE DOMAIN fee AS price")
    execute("CREATE TABLE t (m mood, f fee); INSERT INTO t VALUES ('glad', 1.5)")
    migration.load(migration.selection("t"))
    assert migration.read("public/t").to_pylist() == [{"m": "glad", "f": Decimal("1.50")}]


def test_numbers_that_a_decimal_cannot_hold_become_null_and_their_rows_stay(load_column):
    values = load_column("numeric", "'NaN'", "'Infinity'", "1e25", "-9999999999999999999999.5", "0.0000001")
    assert values.to_pylist() == [None, None, None, Decimal("-9999999999999999999999.5"), Decimal(0)]


def test_a_float_keeps_nan_and_infinity(load_column):
    column = load_column("float8", "'NaN'", "'-Infinity'")
    assert pc.is_nan(column).to_pylist() == [True, False]
    assert column[1].as_py() == float("-inf")


def test_years_1_and_9999_are_kept_and_infinity_becomes_null(load_column):
    column = load_column(
        "timestamptz",
        "'0001-01-01 00:00:00Z'",
        "'9999-12-31 23:59:59.999999Z'",
        "'4713-01-01 00:00:00Z BC'",
        "'infinity'",
        "'-infinity'",
        "'294276-12-31 00:00:00Z'",
    )
    micros = column.cast(pa.int64()).to_pylist()
    assert micros[0] == UNIX_SECONDS_YEAR_1 * 10**6
    assert column[1].as_py() == datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
    assert micros[2] == -210863520000 * 10**6
    assert micros[3:] == [None, None, None]


def test_dates_outside_of_pythons_years_are_kept_and_infinity_becomes_null(load_column):
    column = load_column("date", "'0001-01-01'", "'9999-12-31'", "'0044-03-15 BC'", "'infinity'", "'-infinity'")
    assert column.cast(pa.int32()).to_pylist() == [-719162, 2932896, -735160, None, None]


def test_the_whole_range_of_dates_is_loaded(load_column):
    """PostgreSQL's first and last day, in days from 1970."""
    column = load_column("date", "'4714-11-24 BC'", "'5874897-12-31'", "'0001-12-31 BC'", "NULL")
    assert column.cast(pa.int32()).to_pylist() == [-2440588, 2145042905, -719163, None]


def test_the_whole_range_of_timestamps_is_loaded_but_for_its_last_thirty_years(load_column):
    """Parquet counts 64 bits of microseconds from 1970, PostgreSQL from 2000."""
    column = load_column(
        "timestamptz", "'4714-11-24 00:00:00Z BC'", "'294246-12-31 23:59:59.999999Z'", "'294276-12-31 23:59:59.999999Z'"
    )
    assert column.cast(pa.int64()).to_pylist() == [-210866803200 * 10**6, LAST_MICROSECOND_OF_294246, None]


@pytest.fixture
def warnings_of(migration, aws):
    return lambda task: migration.warnings_of(aws("logs"), task)


def test_replaced_values_are_counted_in_the_task_log(migration, execute, warnings_of):
    execute("CREATE TABLE t (v numeric(10,2)); INSERT INTO t VALUES ('NaN'), ('NaN'), (1)")
    task = migration.load(migration.selection("t"), Logging={"EnableLogging": True})
    assert warnings_of(task) == [
        "[SOURCE_UNLOAD] W: Table public.t, column v: 2 values that decimal128(10, 2) cannot hold became NULL"
    ]


LIMITED_TO_1_KB = {"SupportLobs": True, "LimitedSizeLobMode": True, "LobMaxSize": 1}


@pytest.mark.parametrize(
    ("column_type", "literal", "value"),
    [
        ("text", "repeat('x', 513)", "x" * 512),
        ("text", "repeat('é', 513)", "é" * 512),
        ("text", "repeat('🌍', 257)", "🌍" * 256),
        ("tsvector", "repeat('x', 1025)::tsvector", "'" + "x" * 1023),
        ("bytea", "convert_to(repeat('x', 1025), 'UTF8')", b"x" * 1024),
    ],
)
def test_large_objects_are_cut_at_the_limit_which_the_task_log_says(
    migration, execute, warnings_of, column_type, literal, value
):
    execute(f"CREATE TABLE t (v {column_type}); INSERT INTO t VALUES ({literal})")
    task = migration.load(migration.selection("t"), TargetMetadata=LIMITED_TO_1_KB, Logging={"EnableLogging": True})
    assert migration.read("public/t")["v"].to_pylist() == [value]
    assert warnings_of(task) == [
        "[SOURCE_UNLOAD] W: The value of column 'v' in table 'public.t' was truncated to length 1024"
    ]


def test_large_objects_within_the_limit_are_whole(migration, execute):
    execute("CREATE TABLE t (v text); INSERT INTO t VALUES (repeat('é', 512)), (repeat('🌍', 256)), ('short'), (NULL)")
    migration.load(migration.selection("t"), TargetMetadata=LIMITED_TO_1_KB)
    assert migration.read("public/t")["v"].to_pylist() == ["é" * 512, "🌍" * 256, "short", None]


@pytest.mark.parametrize("setting", [{"FullLobMode": True}, {"FullLobMode": False, "InlineLobMaxSize": 16}])
def test_the_full_lob_mode_that_s3_targets_lack_is_refused(migration, setting):
    with pytest.raises(ClientError, match=r"TargetMetadata\.\w*Lob\w+"):
        migration.create_task(migration.selection("t"), TargetMetadata={"SupportLobs": True, **setting})
