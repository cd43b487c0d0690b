-- One percent of the transactions changed, all of them in the last two months of the input.
-- Variables: raw (folder of the raw zone). The file is written beside the old one, which the caller replaces.
COPY (
    SELECT * REPLACE (
        CASE WHEN is_changed THEN 'Another merchant' ELSE merchant_name END AS merchant_name,
        CASE WHEN is_changed THEN updated_at + INTERVAL 1 DAY ELSE updated_at END AS updated_at
    ) EXCLUDE is_changed
    FROM (
        -- Two of 36 months have a 18th of the transactions: of 18 in 100 of these comes one percent of all.
        SELECT *, occurred_at >= TIMESTAMP '2025-11-01' AND transaction_id % 100 < 18 AS is_changed
        FROM read_parquet(getvariable('raw') || '/rds/public/transactions/LOAD00000001.parquet')
    )
) TO (getvariable('raw') || '/rds/public/transactions/changed') (FORMAT parquet, COMPRESSION uncompressed);
