CREATE TABLE IF NOT EXISTS analytics.rejects (
    source          VARCHAR(64) NOT NULL,
    source_key      VARCHAR(1024),
    reason          VARCHAR(64) NOT NULL,
    column_name     VARCHAR(1024),
    raw_row         VARCHAR(65535),
    run             VARCHAR(256) NOT NULL,
    rejected_at     TIMESTAMP NOT NULL,
    transaction_id  BIGINT
)
DISTSTYLE EVEN
SORTKEY (source);
