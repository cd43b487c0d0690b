-- Raw tables as DMS writes them, with a few dirty rows in a thousand.
-- Variables: transactions (number), raw (folder of the raw zone, which has to exist with the tables' folders).
SET VARIABLE customers = greatest(getvariable('transactions') // 50, 1);
SET VARIABLE accounts = greatest(getvariable('transactions') * 3 // 100, 1);
SET VARIABLE events = getvariable('transactions') * 3 // 2;

COPY (
    SELECT
        '2026-01-01 00:00:00.000000' AS extracted_at,
        i AS customer_id,
        'Customer ' || i AS name,
        ' Customer' || i || '@Example.com' AS email,
        '+1 555 ' || lpad((i % 10000)::VARCHAR, 4, '0') AS phone,
        DATE '1940-01-01' + (i * 7919 % 25000)::INTEGER AS date_of_birth,
        'ID-' || i AS national_id,
        i || ' Main Street' AS street_address,
        'City ' || i % 500 AS city,
        ['us', 'DE', 'FR', 'JP'][1 + i % 4] AS country_code,
        ['retail', 'Premium', 'business '][1 + i % 3] AS segment,
        ['pending', 'verified', 'rejected'][1 + i % 3] AS kyc_status,
        i % 10 <> 0 AS is_active,
        TIMESTAMP '2020-01-01' + INTERVAL 1 MINUTE * (i % 1000000) AS created_at,
        TIMESTAMP '2024-01-01' + INTERVAL 1 SECOND * (i % 30000000) AS updated_at
    FROM range(1, getvariable('customers') + 1) AS numbers (i)
) TO (getvariable('raw') || '/rds/public/customers/LOAD00000001.parquet') (FORMAT parquet, COMPRESSION uncompressed);

COPY (
    SELECT
        '2026-01-01 00:00:00.000000' AS extracted_at,
        i AS account_id,
        1 + i * 31 % getvariable('customers') AS customer_id,
        'AC' || lpad(i::VARCHAR, 10, '0') AS account_number,
        ['checking', 'savings', 'credit', 'investment'][1 + i % 4] AS account_type,
        ['USD', 'eur', 'GBP'][1 + i % 3] AS currency_code,
        ['open', 'frozen', 'closed'][1 + i % 3] AS status,
        (i % 10000)::DECIMAL(18, 2) AS credit_limit,
        TIMESTAMP '2020-01-01' + INTERVAL 1 MINUTE * (i % 1000000) AS opened_at,
        NULL::TIMESTAMP AS closed_at,
        TIMESTAMP '2024-01-01' + INTERVAL 1 SECOND * (i % 30000000) AS updated_at
    FROM range(1, getvariable('accounts') + 1) AS numbers (i)
) TO (getvariable('raw') || '/rds/public/accounts/LOAD00000001.parquet') (FORMAT parquet, COMPRESSION uncompressed);

COPY (
    SELECT
        '2026-01-01 00:00:00.000000' AS extracted_at,
        i AS transaction_id,
        -- One in a thousand belongs to an account that does not exist.
        CASE WHEN i % 1000 = 1 THEN -i ELSE 1 + i * 17 % getvariable('accounts') END AS account_id,
        1 + (1 + i * 17 % getvariable('accounts')) * 31 % getvariable('customers') AS customer_id,
        ['deposit', 'withdrawal', 'payment', ' Transfer', 'fee', 'refund'][1 + i % 6] AS transaction_type,
        CASE
            WHEN i % 2000 = 2 THEN NULL
            WHEN i % 2000 = 3 THEN 0.1234
            WHEN i % 2000 = 4 THEN 123456789012345678901234567890
            ELSE (hash(i) % 1000000)::DECIMAL(38, 4) / 100 - 5000
        END::DECIMAL(38, 4) AS amount,
        ['USD', 'eur', 'GBP'][1 + i % 3] AS currency_code,
        'Merchant ' || i % 5000 AS merchant_name,
        'C' || i % 100 AS category_code,
        ['web', 'mobile', 'branch', 'ATM', 'pos'][1 + i % 5] AS channel,
        'Order ' || i AS description,
        ['pending', 'completed', 'completed', 'failed', 'reversed'][1 + i % 5] AS status,
        CASE WHEN i % 2000 = 5 THEN TIMESTAMP '0001-01-01'
             ELSE TIMESTAMP '2023-01-01' + INTERVAL 1 SECOND * (i * 7 % 94608000) END AS occurred_at,
        TIMESTAMP '2023-01-01' + INTERVAL 1 SECOND * (i * 7 % 94608000) AS created_at,
        TIMESTAMP '2026-01-01' + INTERVAL 1 SECOND * (i % 2592000) AS updated_at
    FROM range(1, getvariable('transactions') + 1) AS numbers (i)
) TO (getvariable('raw') || '/rds/public/transactions/LOAD00000001.parquet') (FORMAT parquet, COMPRESSION uncompressed);

COPY (
    WITH numbered AS (
        SELECT
            i,
            -- Every transaction has a first event and every second one has a second; one in a thousand is repeated.
            CASE WHEN i % 1000 = 7 THEN i - 1 ELSE i END AS event,
            lpad(printf('%x', i), 24, '0') AS object_id
        FROM range(1, getvariable('events') + 1) AS numbers (i)
    ),
    described AS (
        SELECT
            *,
            CASE WHEN event <= getvariable('transactions') THEN event ELSE (event - getvariable('transactions')) * 2 END
                AS transaction_id,
            event <= getvariable('transactions') AS is_first
        FROM numbered
    )
    SELECT
        '2026-01-01 00:00:00.000000' AS extracted_at,
        object_id AS _id,
        CASE WHEN i % 4000 = 9 THEN '{"event_id": "broken' ELSE
            '{"_id": {"$oid": "' || object_id || '"}, "event_id": "evt-' || lpad(event::VARCHAR, 12, '0')
            || '", "transaction_id": ' || transaction_id
            || ', "event_type": "' || (CASE WHEN is_first THEN 'created' ELSE 'settled' END)
            || '", "status": "' || (CASE WHEN is_first THEN 'pending' ELSE 'completed' END)
            || '", "occurred_at": {"$date": '
            || 1672531200000 + (transaction_id * 7 % 94608000) * 1000 + (CASE WHEN is_first THEN 0 ELSE 86400123 END)
            || '}, "device": {"device_id": "dev-' || event % 100000 || '", "type": "phone", "os": "Android 14", '
            || '"ip_address": "10.' || event % 256 || '.' || event // 256 % 256 || '.1"}, '
            || '"geo": {"country_code": "US", "city": "City ' || event % 500 || '", "latitude": '
            || event % 90 || '.5, "longitude": -' || event % 180 || '.25}, "risk": {"score": '
            || (CASE WHEN i % 4000 = 11 THEN '"high"' ELSE (event % 1000 / 1000.0)::VARCHAR END)
            || ', "model": "rules-2", "flags": ["velocity"]}}'
        END AS _doc
    FROM described
) TO (getvariable('raw') || '/docdb/financial/transaction_events/LOAD00000001.parquet') (FORMAT parquet, COMPRESSION uncompressed);

COPY (SELECT NULL::VARCHAR AS source, NULL::VARCHAR AS source_key, NULL::VARCHAR AS column_name LIMIT 0)
TO (getvariable('raw') || '/changed_by_dms/before.parquet') (FORMAT parquet);

COPY (SELECT NULL::VARCHAR AS source, NULL::VARCHAR AS source_key, NULL::VARCHAR AS column_name LIMIT 0)
TO (getvariable('raw') || '/changed_by_dms/after.parquet') (FORMAT parquet);
