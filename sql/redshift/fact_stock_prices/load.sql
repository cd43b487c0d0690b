{% set load = loads["stock_prices"] %}
{% if load.has_changes %}
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
    arrived_at   TIMESTAMP,
    year         INTEGER,
    month        INTEGER
);

{% if load.manifest %}
COPY stock_prices_staging
FROM '{{ load.manifest }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET
MANIFEST;
{% endif %}

-- Stocks that have, or had, prices in the months that changed.
CREATE TEMP TABLE changed_stocks AS
SELECT DISTINCT stock_key, symbol FROM stock_prices_staging
UNION
SELECT DISTINCT d.stock_key, d.symbol
FROM analytics.dim_stocks AS d
INNER JOIN analytics.fact_stock_prices AS f ON d.stock_key = f.stock_key
{% for partition in load.partitions or [] %}
{% set month = "%04d%02d" | format(partition["year"], partition["month"]) %}
{{ "WHERE" if loop.first else "OR" }} f.date_key BETWEEN {{ month }}01 AND {{ month }}31
{% endfor %};

DELETE FROM analytics.fact_stock_prices
{% for partition in load.partitions or [] %}
{% set month = "%04d%02d" | format(partition["year"], partition["month"]) %}
{{ "WHERE" if loop.first else "OR" }} date_key BETWEEN {{ month }}01 AND {{ month }}31
{% endfor %};

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
