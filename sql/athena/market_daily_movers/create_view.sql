CREATE OR REPLACE VIEW market_daily_movers AS
SELECT
    m.trade_date,
    m.symbol,
    i.name,
    i.sector,
    i.category,
    m.currency_code,
    m.close,
    m.change,
    m.change_share,
    m.volume_ratio,
    ROW_NUMBER() OVER (PARTITION BY m.trade_date ORDER BY m.change_share DESC, m.symbol) AS gain_rank,
    ROW_NUMBER() OVER (PARTITION BY m.trade_date ORDER BY m.change_share, m.symbol) AS loss_rank,
    m.year,
    m.month
FROM market_daily_metrics AS m
INNER JOIN dim_instruments AS i ON m.instrument_key = i.instrument_key
WHERE m.change_share IS NOT NULL
