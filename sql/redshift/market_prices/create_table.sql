CREATE TABLE IF NOT EXISTS analytics.market_prices (
    instrument_key  BIGINT NOT NULL,
    symbol          VARCHAR(64) NOT NULL,
    trade_date      DATE NOT NULL,
    "open"          DECIMAL(18, 6) NOT NULL,
    high            DECIMAL(18, 6) NOT NULL,
    low             DECIMAL(18, 6) NOT NULL,
    close           DECIMAL(18, 6) NOT NULL,
    volume          DECIMAL(18, 6),
    currency_code   VARCHAR(16) NOT NULL,
    requested_at    TIMESTAMP NOT NULL,
    source_object   VARCHAR(1024) NOT NULL,
    bar_number      INTEGER NOT NULL,
    year            INTEGER NOT NULL,
    month           INTEGER NOT NULL
)
DISTKEY (instrument_key)
SORTKEY (trade_date);
