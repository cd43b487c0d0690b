CREATE TABLE IF NOT EXISTS analytics.table_versions (
    table_name   VARCHAR(128) NOT NULL,
    snapshot_id  BIGINT NOT NULL,
    loaded_at    TIMESTAMP NOT NULL
)
DISTSTYLE ALL;
