CREATE TABLE IF NOT EXISTS analytics.fact_stock_prices (
    stock_key   BIGINT NOT NULL,
    date_key    INTEGER NOT NULL,
    trade_date  DATE NOT NULL,
    "open"      DECIMAL(18, 6),
    high        DECIMAL(18, 6),
    low         DECIMAL(18, 6),
    close       DECIMAL(18, 6),
    volume      DECIMAL(18, 6)
)
DISTKEY (stock_key)
SORTKEY (date_key);
