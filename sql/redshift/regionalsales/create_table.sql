CREATE TABLE IF NOT EXISTS analytics.regionalsales (
    region         VARCHAR(64) NOT NULL,
    country        VARCHAR(64) NOT NULL,
    year           INTEGER NOT NULL,
    quarter        INTEGER NOT NULL,
    item_type      VARCHAR(64) NOT NULL,
    orders         BIGINT NOT NULL,
    units_sold     BIGINT NOT NULL,
    total_revenue  DECIMAL(38, 2) NOT NULL,
    total_cost     DECIMAL(38, 2) NOT NULL,
    total_profit   DECIMAL(38, 2) NOT NULL
)
DISTSTYLE ALL
SORTKEY (region, country, year, quarter);
