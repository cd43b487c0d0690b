CREATE OR REPLACE VIEW analytics.market_risk AS
WITH days AS (
    SELECT
        symbol,
        currency_code,
        year,
        trade_date,
        change_share,
        log_return,
        CAST(close AS double precision)
        / CAST(
            MAX(close) OVER (PARTITION BY symbol, currency_code, year ORDER BY trade_date ROWS UNBOUNDED PRECEDING)
            AS double precision
        ) - 1 AS drawdown_share,
        ROW_NUMBER() OVER (PARTITION BY symbol, currency_code, year ORDER BY change_share, trade_date) AS change_rank,
        COUNT(*) OVER (PARTITION BY symbol, currency_code, year) AS change_count
    FROM analytics.market_daily_metrics
    WHERE change_share IS NOT NULL
)

SELECT
    symbol,
    currency_code,
    year,
    COUNT(*) AS trading_days,
    EXP(SUM(log_return)) - 1 AS return_share,
    AVG(change_share) * 252 AS annual_return_share,
    STDDEV_SAMP(change_share) * SQRT(252) AS annual_volatility,
    MIN(drawdown_share) AS largest_drawdown_share,
    MAX(CASE WHEN change_rank = CEIL(0.05 * change_count) THEN -change_share END) AS value_at_risk_share
FROM days
GROUP BY symbol, currency_code, year;
