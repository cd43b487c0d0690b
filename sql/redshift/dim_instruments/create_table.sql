CREATE TABLE IF NOT EXISTS analytics.dim_instruments (
    instrument_key  BIGINT NOT NULL,
    symbol          VARCHAR(64),
    name            VARCHAR(1024),
    exchange        VARCHAR(64),
    mic_code        VARCHAR(16),
    country         VARCHAR(64),
    sector          VARCHAR(64),
    category        VARCHAR(64),
    currency_code   VARCHAR(16),
    is_in_source    BOOLEAN NOT NULL
)
DISTSTYLE ALL
SORTKEY (instrument_key);
