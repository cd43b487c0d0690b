CREATE TABLE IF NOT EXISTS analytics.trades (
    symbol VARCHAR(64) NOT NULL,
    trade_id VARCHAR(64) NOT NULL,
    trade_date DATE NOT NULL,
    traded_at TIMESTAMP NOT NULL,
    price DECIMAL(20, 8) NOT NULL,
    volume DECIMAL(20, 8) NOT NULL,
    conditions VARCHAR(1024) NOT NULL,
    occurrence INT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    arrived_at TIMESTAMP NOT NULL,
    shard_id VARCHAR(128) NOT NULL,
    sequence_number VARCHAR(128) NOT NULL,
    position INT NOT NULL,
    run VARCHAR(256) NOT NULL,
    year INT NOT NULL,
    month INT NOT NULL,
    day INT NOT NULL
) DISTKEY (symbol) SORTKEY (trade_date, symbol);
