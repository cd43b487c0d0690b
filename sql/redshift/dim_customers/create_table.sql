CREATE TABLE IF NOT EXISTS analytics.dim_customers (
    customer_key   BIGINT NOT NULL,
    customer_id    BIGINT,
    name           VARCHAR(1024),
    email          VARCHAR(256),
    phone          VARCHAR(256),
    birth_year     INTEGER,
    national_id    VARCHAR(256),
    city           VARCHAR(1024),
    country_code   VARCHAR(16),
    segment        VARCHAR(64),
    kyc_status     VARCHAR(64),
    is_active      BOOLEAN,
    created_at     TIMESTAMP,
    updated_at     TIMESTAMP,
    is_in_source   BOOLEAN NOT NULL
)
DISTKEY (customer_key)
SORTKEY (customer_key);
