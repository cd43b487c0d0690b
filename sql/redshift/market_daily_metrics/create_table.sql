CREATE TABLE IF NOT EXISTS analytics.market_daily_metrics (
    instrument_key   BIGINT NOT NULL,
    symbol           VARCHAR(64) NOT NULL,
    trade_date       DATE NOT NULL,
    currency_code    VARCHAR(16) NOT NULL,
    close            DECIMAL(18, 6) NOT NULL,
    previous_close   DECIMAL(18, 6),
    change           DECIMAL(18, 6),
    change_share     DOUBLE PRECISION,
    log_return       DOUBLE PRECISION,
    day_range        DECIMAL(18, 6) NOT NULL,
    day_range_share  DOUBLE PRECISION NOT NULL,
    volume           DECIMAL(18, 6),
    traded_value     DECIMAL(38, 6),
    average_volume   DOUBLE PRECISION,
    volume_ratio     DOUBLE PRECISION,
    average_close    DOUBLE PRECISION,
    volatility       DOUBLE PRECISION,
    missing_days     INTEGER NOT NULL,
    year             INTEGER NOT NULL,
    month            INTEGER NOT NULL
)
DISTKEY (instrument_key)
SORTKEY (trade_date);
