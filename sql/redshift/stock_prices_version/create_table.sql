CREATE TABLE IF NOT EXISTS analytics.stock_prices_version (
    commit_number  BIGINT NOT NULL
);
