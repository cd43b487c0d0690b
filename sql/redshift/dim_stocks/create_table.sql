CREATE TABLE IF NOT EXISTS analytics.dim_stocks (
    stock_key         BIGINT NOT NULL,
    symbol            VARCHAR(64) NOT NULL,
    first_trade_date  DATE NOT NULL,
    last_trade_date   DATE NOT NULL,
    trading_days      BIGINT NOT NULL
)
DISTSTYLE ALL
SORTKEY (symbol);
