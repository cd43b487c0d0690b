CREATE TABLE IF NOT EXISTS analytics.dim_accounts (
    account_key      BIGINT NOT NULL,
    account_id       BIGINT,
    customer_key     BIGINT,
    account_number   VARCHAR(256),
    account_type     VARCHAR(64),
    currency_code    VARCHAR(16),
    status           VARCHAR(64),
    credit_limit     DECIMAL(18, 2),
    opened_at        TIMESTAMP,
    closed_at        TIMESTAMP,
    updated_at       TIMESTAMP,
    is_in_source     BOOLEAN NOT NULL
)
DISTKEY (customer_key)
SORTKEY (account_key);
