CREATE TABLE IF NOT EXISTS analytics.sales_rejects (
    source_file  VARCHAR(1024) NOT NULL,
    line_number  BIGINT NOT NULL,
    order_id     BIGINT,
    reason       VARCHAR(64) NOT NULL,
    column_name  VARCHAR(1024),
    raw_line     VARCHAR(4096) NOT NULL,
    arrived_at   TIMESTAMP NOT NULL,
    rejected_at  TIMESTAMP NOT NULL,
    run          VARCHAR(256) NOT NULL,
    year         INTEGER NOT NULL,
    month        INTEGER NOT NULL
)
SORTKEY (arrived_at);
