CREATE TABLE IF NOT EXISTS analytics.market_price_rejects (
    source_object  VARCHAR(1024) NOT NULL,
    symbol         VARCHAR(64),
    bar_number     INTEGER NOT NULL,
    trade_date     DATE,
    reason         VARCHAR(64) NOT NULL,
    column_name    VARCHAR(1024) NOT NULL,
    raw_bar        VARCHAR(4096) NOT NULL,
    requested_at   TIMESTAMP NOT NULL,
    run            VARCHAR(256) NOT NULL,
    rejected_at    TIMESTAMP NOT NULL,
    year           INTEGER NOT NULL,
    month          INTEGER NOT NULL
)
SORTKEY (requested_at);
