CREATE TABLE IF NOT EXISTS analytics.market_monthly_metrics (
    instrument_key      BIGINT NOT NULL,
    symbol              VARCHAR(64) NOT NULL,
    currency_code       VARCHAR(16) NOT NULL,
    first_trade_date    DATE NOT NULL,
    last_trade_date     DATE NOT NULL,
    trading_days        INTEGER NOT NULL,
    missing_days        INTEGER NOT NULL,
    "open"              DECIMAL(18, 6) NOT NULL,
    high                DECIMAL(18, 6) NOT NULL,
    low                 DECIMAL(18, 6) NOT NULL,
    close               DECIMAL(18, 6) NOT NULL,
    volume              DECIMAL(38, 6),
    traded_value        DECIMAL(38, 6),
    previous_close      DECIMAL(18, 6),
    change_share        DOUBLE PRECISION,
    best_change_share   DOUBLE PRECISION,
    worst_change_share  DOUBLE PRECISION,
    volatility          DOUBLE PRECISION,
    year                INTEGER NOT NULL,
    month               INTEGER NOT NULL
)
DISTKEY (instrument_key)
SORTKEY (last_trade_date);
