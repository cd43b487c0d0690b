CREATE TABLE IF NOT EXISTS analytics.fact_sales (
    order_id        BIGINT NOT NULL,
    order_date      DATE NOT NULL,
    ship_date       DATE NOT NULL,
    region_key      BIGINT NOT NULL,
    product_key     BIGINT NOT NULL,
    sales_channel   VARCHAR(64) NOT NULL,
    order_priority  VARCHAR(16) NOT NULL,
    units_sold      BIGINT NOT NULL,
    unit_price      DECIMAL(18, 2) NOT NULL,
    unit_cost       DECIMAL(18, 2) NOT NULL,
    total_revenue   DECIMAL(18, 2) NOT NULL,
    total_cost      DECIMAL(18, 2) NOT NULL,
    total_profit    DECIMAL(18, 2) NOT NULL,
    source_file     VARCHAR(1024) NOT NULL,
    line_number     BIGINT NOT NULL,
    arrived_at      TIMESTAMP NOT NULL,
    year            INTEGER NOT NULL,
    month           INTEGER NOT NULL
)
DISTKEY (order_id)
SORTKEY (order_date);
