CREATE TABLE IF NOT EXISTS analytics.dim_products (
    product_key  BIGINT NOT NULL,
    item_type    VARCHAR(64) NOT NULL
)
DISTSTYLE ALL
SORTKEY (product_key);
