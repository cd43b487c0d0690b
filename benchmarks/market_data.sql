-- The tables of market data from the answers of a first ingest, by DuckDB alone.
-- Variables: answers (pattern of the raw answers), analytics (folder of the output).
CREATE TEMP TABLE bars AS
WITH by_symbol AS (
    SELECT filename AS source_object, unnest(map_entries(json)) AS entry
    FROM read_json(
        getvariable('answers'),
        records = false,
        filename = true,
        format = 'unstructured',
        maximum_object_size = 16777216,
        columns = {
            json: 'MAP(VARCHAR, STRUCT(meta STRUCT(currency VARCHAR), "values" STRUCT(datetime VARCHAR, open VARCHAR, high VARCHAR, low VARCHAR, close VARCHAR, volume VARCHAR)[]))'
        }
    )
),

exploded AS (
    SELECT
        source_object,
        entry.key AS symbol,
        entry.value.meta.currency AS currency_code,
        unnest(entry.value."values") AS bar
    FROM by_symbol
)

SELECT
    symbol,
    try_cast(bar.datetime AS date) AS trade_date,
    try_cast(bar.open AS decimal(18, 6)) AS open,
    try_cast(bar.high AS decimal(18, 6)) AS high,
    try_cast(bar.low AS decimal(18, 6)) AS low,
    try_cast(bar.close AS decimal(18, 6)) AS close,
    try_cast(bar.volume AS decimal(18, 6)) AS volume,
    currency_code,
    source_object,
    to_json(bar) AS raw_bar
FROM exploded;

CREATE TEMP TABLE checked AS
SELECT
    *,
    trade_date IS NOT NULL AND low > 0 AND open BETWEEN low AND high AND close BETWEEN low AND high
    AND coalesce(volume, 0) >= 0 AS is_sound
FROM bars;

CREATE TEMP TABLE prices AS
SELECT * EXCLUDE (raw_bar, is_sound), year(trade_date) AS year, month(trade_date) AS month
FROM checked
WHERE is_sound
QUALIFY row_number() OVER (PARTITION BY symbol, trade_date ORDER BY source_object DESC) = 1;

CREATE TEMP TABLE days AS
SELECT
    *,
    close - previous_close AS change,
    (close - previous_close)::double / previous_close::double AS change_share,
    high - low AS day_range,
    (high - low)::double / open::double AS day_range_share,
    (close::decimal(19, 6) * volume::decimal(19, 6))::decimal(38, 6) AS traded_value,
    volume::double / nullif(average_volume, 0) AS volume_ratio,
    CASE WHEN count(log_return) OVER last_bars = 20 THEN stddev_samp(log_return) OVER last_bars * sqrt(252) END
        AS volatility
FROM (
    SELECT
        *,
        lag(close) OVER of_symbol AS previous_close,
        ln(close::double / previous_close::double) AS log_return,
        CASE WHEN count(*) OVER bars_before = 20 THEN avg(volume) OVER bars_before END AS average_volume,
        CASE WHEN count(*) OVER last_bars = 20 THEN avg(close) OVER last_bars END AS average_close
    FROM prices
    WINDOW
        of_symbol AS (PARTITION BY symbol ORDER BY trade_date),
        bars_before AS (PARTITION BY symbol ORDER BY trade_date ROWS BETWEEN 20 PRECEDING AND 1 PRECEDING),
        last_bars AS (PARTITION BY symbol ORDER BY trade_date ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
)
WINDOW last_bars AS (PARTITION BY symbol ORDER BY trade_date ROWS BETWEEN 19 PRECEDING AND CURRENT ROW);

CREATE TEMP TABLE months AS
SELECT
    symbol,
    currency_code,
    year,
    month,
    count(*) AS trading_days,
    arg_min(open, trade_date) AS open,
    max(high) AS high,
    min(low) AS low,
    arg_max(close, trade_date) AS close,
    sum(volume) AS volume,
    sum(traded_value) AS traded_value,
    stddev_samp(log_return) * sqrt(252) AS volatility
FROM days
GROUP BY ALL;

COPY (FROM prices ORDER BY year, month, symbol, trade_date) TO (getvariable('analytics') || '/market_prices')
(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month));
COPY (FROM days ORDER BY year, month, symbol, trade_date) TO (getvariable('analytics') || '/market_daily_metrics')
(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month));
COPY (FROM months ORDER BY year, month, symbol) TO (getvariable('analytics') || '/market_monthly_metrics')
(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month));
COPY (SELECT source_object, symbol, raw_bar FROM checked WHERE NOT coalesce(is_sound, false))
TO (getvariable('analytics') || '/market_price_rejects/rejects.parquet') (FORMAT parquet, COMPRESSION zstd);
