CREATE TABLE IF NOT EXISTS analytics.dim_regions (
    region_key  BIGINT NOT NULL,
    region      VARCHAR(64) NOT NULL,
    country     VARCHAR(64) NOT NULL
)
DISTSTYLE ALL
SORTKEY (region_key);
