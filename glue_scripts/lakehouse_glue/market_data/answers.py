"""Answers of the market data API as rows: a row per bar, its values as the texts that came."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.market_data.instruments import instrument_key

ASKED = "asked_symbols"
BAR_COUNT = "bar_count"
VALUES = ("open", "high", "low", "close", "volume")
# As https://twelvedata.com/docs documents /time_series; every number is a text.
BAR = "struct<datetime: string, open: string, high: string, low: string, close: string, volume: string>"
META = "struct<symbol: string, interval: string, currency: string, exchange: string, mic_code: string, type: string>"
ANSWER = f"struct<meta: {META}, values: array<{BAR}>, status: string>"
ANSWERS = f"map<string, {ANSWER}>"
MARKETS = "map<string, struct<meta: struct<symbol: string, mic_code: string>>>"


def explode_bars(answers: DataFrame) -> DataFrame:
    """A row per bar of `answers`, whose rows are one request each.

    From `source_object, requested_at, ASKED, body` to the first two and `symbol, instrument_key, is_asked_for, meta,
    bar_number, bar` and BAR_COUNT, the bars of the symbol in the answer. What is no answer is one row with the bar
    number 0 and no bar; an error of the API, and a symbol without bars, is none.
    """
    by_symbol = answers.select(
        "source_object", "requested_at", ASKED, f.explode_outer(_by_symbol(ANSWERS)).alias("asked_symbol", "answer")
    )
    values = f.col("answer.values")
    usable = by_symbol.filter(~f.col("answer.status").eqNullSafe("error") & ~(f.size(values).eqNullSafe(0)))
    asked_symbol = f.when(f.col("asked_symbol") != "", f.col("asked_symbol"))
    tickers = f.transform(ASKED, lambda symbol: f.element_at(f.split(symbol, ":"), 1))
    told = usable.withColumn("symbol", f.coalesce("answer.meta.symbol", asked_symbol, f.col(ASKED)[0])).withColumns(
        {
            "instrument_key": instrument_key(f.col("symbol")),
            "is_asked_for": f.array_contains(tickers, f.col("symbol")),
        }
    )
    return told.select(
        "source_object",
        "requested_at",
        "symbol",
        "instrument_key",
        "is_asked_for",
        "answer.meta",
        f.greatest(f.size(values), f.lit(1)).alias(BAR_COUNT),
        f.posexplode_outer(values).alias("bar_number", "bar"),
    ).withColumn("bar_number", f.coalesce(f.col("bar_number") + 1, f.lit(0)))


def find_markets(answers: DataFrame) -> DataFrame:
    """`symbol, priced_mic_code`: the market that the prices of a symbol are of, one row per symbol that tells it."""
    meta = answers.select("requested_at", f.explode(_by_symbol(MARKETS))).select("requested_at", "value.meta.*")
    told = meta.filter(f.col("mic_code").isNotNull())
    return told.groupBy("symbol").agg(
        f.max_by("mic_code", f.struct("requested_at", "mic_code")).alias("priced_mic_code")
    )


def _by_symbol(answers: str) -> Column:
    """Answers by symbol: several symbols are answered by an object of documents, one by its document alone."""
    is_one = f.size(ASKED) == 1
    body = f.when(is_one, f.concat(f.lit('{"": '), "body", f.lit("}"))).otherwise(f.col("body"))
    return f.from_json(body, answers)
