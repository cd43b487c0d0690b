"""Instruments: dim_instruments, from the API's reference data, the watchlist and what the prices tell."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as f

from lakehouse_contract.tables import declared_table
from lakehouse_glue.dimensions import IS_IN_SOURCE, UNKNOWN_KEY, keep_gone
from lakehouse_glue.local_rows import local_frame

KEY = "instrument_key"
TABLE = declared_table("dim_instruments")
TEXTS = {column.name: column.max_bytes for column in TABLE.columns if column.type == "string"}
# As https://twelvedata.com/docs documents /stocks.
LISTING = (
    "symbol: string, name: string, currency: string, exchange: string, mic_code: string, country: string, type: string"
)
LISTINGS = f"struct<data: array<struct<{LISTING}>>>"
HASH_DIGITS = 15


def instrument_key(symbol: Column) -> Column:
    """The first 60 bits of the symbol's SHA-256, never negative."""
    return f.conv(f.substring(f.sha2(symbol, 256), 1, HASH_DIGITS), 16, 10).cast("bigint")


def explode_listings(answers: DataFrame) -> DataFrame:
    """A row per listing of the answers `requested_at, body`: the declared columns, without sector and key."""
    listing = f.explode(f.from_json("body", LISTINGS)["data"]).alias("listing")
    exploded = answers.select("requested_at", listing).select("requested_at", "listing.*")
    return exploded.withColumnsRenamed({"currency": "currency_code", "type": "category"})


def choose_listings(listings: DataFrame, markets: DataFrame, watchlist: DataFrame) -> DataFrame:
    """One row per symbol of the watchlist that is listed: the listing on the market that its prices are of.

    A symbol is listed on several markets. Where no price says which one is meant, it is the first by its code. A
    listing without a currency says too little.

    :param markets: `symbol, priced_mic_code`, one row per symbol that has prices
    :param watchlist: `symbol`, one row per symbol
    """
    is_priced = f.col("mic_code").eqNullSafe(f.col("priced_mic_code"))
    order = Window.partitionBy("symbol").orderBy(is_priced.desc(), "mic_code", f.col("requested_at").desc(), "name")
    chosen = (
        listings.filter(_storable("currency_code").isNotNull())
        .join(f.broadcast(watchlist.select("symbol", f.lit(None).alias("sector"))), "symbol")
        .join(f.broadcast(markets), "symbol", "left")
        .withColumn("number", f.row_number().over(order))
        .filter("number = 1")
    )
    return _instruments(chosen)


def infer_instruments(bars: DataFrame) -> DataFrame:
    """One row per symbol of the kept bars: what the last of its answers tells of it."""
    last = bars.groupBy("symbol").agg(f.max_by("meta", f.struct("requested_at", "source_object")).alias("meta"))
    return _instruments(
        last.select(
            "symbol",
            f.lit(None).alias("name"),
            "meta.exchange",
            "meta.mic_code",
            f.lit(None).alias("country"),
            f.lit(None).alias("sector"),
            f.col("meta.type").alias("category"),
            f.col("meta.currency").alias("currency_code"),
        )
    )


def build_dim_instruments(
    listed: DataFrame | None, published: DataFrame, inferred: DataFrame, watchlist: DataFrame
) -> DataFrame:
    """The dimension: the listed instruments, those that left the reference data, and those that it never had.

    Without reference data (`listed` is None) what is published stays as it is. The sector of a watched symbol is the
    watchlist's, listed or not.

    :param watchlist: `symbol, sector`, one row per symbol
    """
    spark = published.sparkSession
    known = published.filter(f.col(KEY) != UNKNOWN_KEY)
    current = known if listed is None else keep_gone(listed, known, KEY)
    new = inferred.join(current.select(KEY), KEY, "left_anti").withColumn(IS_IN_SOURCE, f.lit(False))
    unknown = local_frame(spark, [(UNKNOWN_KEY, True)], f"{KEY} bigint, {IS_IN_SOURCE} boolean")
    instruments = _with_sectors(current.unionByName(new), watchlist)
    return instruments.unionByName(unknown, allowMissingColumns=True)


def _with_sectors(instruments: DataFrame, watchlist: DataFrame) -> DataFrame:
    watched = watchlist.select("symbol", _storable("sector").alias("watched_sector"), f.lit(True).alias("is_watched"))
    sector = f.when(f.col("is_watched"), f.col("watched_sector")).otherwise(f.col("sector"))
    joined = instruments.join(f.broadcast(watched), "symbol", "left").withColumn("sector", sector)
    return joined.drop("watched_sector", "is_watched")


def _instruments(rows: DataFrame) -> DataFrame:
    """The declared columns but IS_IN_SOURCE; a text that its column cannot hold is left out."""
    texts = [_storable(name).alias(name) for name in TEXTS]
    return rows.select(texts).filter(f.col("symbol").isNotNull()).withColumn(KEY, instrument_key(f.col("symbol")))


def _storable(name: str) -> Column:
    text = f.nullif(f.btrim(f.col(name).cast("string")), f.lit(""))
    return f.when((f.octet_length(text) <= TEXTS[name]) & ~text.contains("\0"), text)
