{% set manifest = stock_prices["manifest"] %}
{% if manifest %}
CREATE TEMP TABLE stock_prices_staging (
    stock_key    BIGINT,
    symbol       VARCHAR(64),
    trade_date   DATE,
    "open"       DECIMAL(18, 6),
    high         DECIMAL(18, 6),
    low          DECIMAL(18, 6),
    close        DECIMAL(18, 6),
    volume       DECIMAL(18, 6),
    source_file  VARCHAR(1024),
    arrived_at   TIMESTAMP
);

COPY stock_prices_staging
FROM '{{ manifest }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET
MANIFEST;

DELETE FROM analytics.fact_stock_prices
WHERE DATE_TRUNC('month', trade_date) IN (SELECT DATE_TRUNC('month', trade_date) FROM stock_prices_staging);

INSERT INTO analytics.fact_stock_prices
SELECT
    stock_key,
    CAST(TO_CHAR(trade_date, 'YYYYMMDD') AS INTEGER),
    trade_date,
    "open",
    high,
    low,
    close,
    volume
FROM stock_prices_staging;
{% endif %}
