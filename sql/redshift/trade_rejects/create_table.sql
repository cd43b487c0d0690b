CREATE TABLE IF NOT EXISTS analytics.trade_rejects (
    shard_id VARCHAR(128) NOT NULL,
    sequence_number VARCHAR(128) NOT NULL,
    position INT,
    partition_key VARCHAR(1024) NOT NULL,
    reason VARCHAR(64) NOT NULL,
    message VARCHAR(1024) NOT NULL,
    raw_trade VARCHAR(4096) NOT NULL,
    arrived_at TIMESTAMP NOT NULL,
    run VARCHAR(256) NOT NULL,
    year INT NOT NULL,
    month INT NOT NULL,
    day INT NOT NULL
);
