CREATE OR REPLACE VIEW analytics.market_drawdowns AS
SELECT
    symbol,
    currency_code,
    trade_date,
    close,
    highest_close,
    CAST(close AS double precision) / CAST(highest_close AS double precision) - 1 AS drawdown_share,
    year,
    month
FROM (
    SELECT
        symbol,
        currency_code,
        trade_date,
        close,
        MAX(close) OVER (
            PARTITION BY symbol, currency_code ORDER BY trade_date ROWS UNBOUNDED PRECEDING
        ) AS highest_close,
        year,
        month
    FROM analytics.market_daily_metrics
) AS highs;
