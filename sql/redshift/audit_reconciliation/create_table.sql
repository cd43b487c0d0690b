CREATE TABLE IF NOT EXISTS analytics.audit_reconciliation (
    dag_id          VARCHAR(256) NOT NULL,
    run_id          VARCHAR(256) NOT NULL,
    published_tag   VARCHAR(256) NOT NULL,
    reconciled_at   TIMESTAMP NOT NULL,
    table_name      VARCHAR(64) NOT NULL,
    source_rows     BIGINT,
    raw_rows        BIGINT,
    published_rows  BIGINT,
    rejected_rows   BIGINT,
    athena_rows     BIGINT,
    redshift_rows   BIGINT,
    is_reconciled   BOOLEAN NOT NULL
)
DISTSTYLE EVEN
SORTKEY (reconciled_at);
