CREATE TABLE IF NOT EXISTS analytics.fact_stock_prices (
    stock_key   BIGINT NOT NULL,
    date_key    INTEGER NOT NULL,
    trade_date  DATE NOT NULL,
    "open"      DECIMAL(18, 4),
    high        DECIMAL(18, 4),
    low         DECIMAL(18, 4),
    close       DECIMAL(18, 4),
    volume      BIGINT
)
DISTKEY (stock_key)
SORTKEY (date_key);
