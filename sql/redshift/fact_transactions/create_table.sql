CREATE TABLE IF NOT EXISTS analytics.fact_transactions (
    transaction_key     BIGINT NOT NULL,
    transaction_id      BIGINT NOT NULL,
    customer_key        BIGINT NOT NULL,
    account_key         BIGINT NOT NULL,
    date_key            INTEGER NOT NULL,
    transaction_type    VARCHAR(64),
    status              VARCHAR(64),
    channel             VARCHAR(64),
    category_code       VARCHAR(256),
    merchant_name       VARCHAR(1024),
    currency_code       VARCHAR(16),
    amount              DECIMAL(18, 2) NOT NULL,
    occurred_at         TIMESTAMP NOT NULL,
    first_event_at      TIMESTAMP,
    last_event_at       TIMESTAMP,
    event_count         BIGINT NOT NULL,
    last_event_status   VARCHAR(64),
    risk_score          DOUBLE PRECISION,
    settlement_seconds  BIGINT,
    updated_at          TIMESTAMP,
    year                INTEGER NOT NULL,
    month               INTEGER NOT NULL
)
DISTKEY (customer_key)
SORTKEY (date_key);
