-- One percent of the transactions changed, all of them in the last two months of the input.
-- Variables: raw (folder of the raw zone). The file is written beside the old one, which the caller replaces.
SET VARIABLE input = getvariable('raw') || '/rds/public/transactions/LOAD00000001.parquet';
SET VARIABLE begin = (
    SELECT date_trunc('month', max(occurred_at)) - INTERVAL 1 MONTH FROM read_parquet(getvariable('input'))
);
-- Of so many recent transactions one is changed.
SET VARIABLE every = (
    SELECT greatest(count(*) FILTER (occurred_at >= getvariable('begin')) * 100 // count(*), 1)
    FROM read_parquet(getvariable('input'))
);

COPY (
    SELECT * EXCLUDE is_changed REPLACE (
        CASE WHEN is_changed THEN 'Another merchant' ELSE merchant_name END AS merchant_name,
        CASE WHEN is_changed THEN updated_at + INTERVAL 1 DAY ELSE updated_at END AS updated_at
    )
    FROM (
        SELECT *,
            coalesce(occurred_at >= getvariable('begin'), false) AND transaction_id % getvariable('every') = 0
                AS is_changed
        FROM read_parquet(getvariable('input'))
    )
) TO (getvariable('raw') || '/rds/public/transactions/changed') (FORMAT parquet, COMPRESSION uncompressed);
