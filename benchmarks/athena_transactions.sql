-- $rows transactions of the years 2023 and 2024, in no order of time.
SELECT
    id AS transaction_key,
    CAST(hash(id) % 5000 AS BIGINT) AS customer_key,
    CAST((hash(id + 1) % 1000000) / 100 AS DECIMAL(18, 2)) AS amount,
    TIMESTAMP '2023-01-01' + to_seconds(CAST(hash(id + 2) % (731 * 86400) AS BIGINT)) AS occurred_at,
    'payment ' || md5(CAST(id AS VARCHAR)) AS description
FROM range($rows) AS generated (id)
