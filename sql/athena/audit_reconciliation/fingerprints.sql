-- How many rows every table has, their money, and their hash, computed alike in Athena and in Redshift. The hash of a row
-- is 60 bits of the MD5 of its columns as text; that of a table is their sum, whatever the order of the rows. Points in
-- time are left out: Athena reads their milliseconds, Redshift has their microseconds.
WITH served AS (
    SELECT
        'customers' AS table_name,
        CAST(1 AS BIGINT) AS row_count,
        CAST(NULL AS DECIMAL(18, 2)) AS amount,
        COALESCE(CAST(customer_key AS VARCHAR), '')
        || '|' || COALESCE(name, '')
        || '|' || COALESCE(email, '')
        || '|' || COALESCE(phone, '')
        || '|' || COALESCE(CAST(birth_year AS VARCHAR), '')
        || '|' || COALESCE(national_id, '')
        || '|' || COALESCE(city, '')
        || '|' || COALESCE(country_code, '')
        || '|' || COALESCE(segment, '')
        || '|' || COALESCE(kyc_status, '')
        || '|' || CASE WHEN is_active THEN 'true' WHEN NOT is_active THEN 'false' ELSE '' END AS content
    FROM dim_customers
    WHERE customer_key <> -1
    UNION ALL
    SELECT
        'accounts',
        CAST(1 AS BIGINT),
        credit_limit,
        COALESCE(CAST(account_key AS VARCHAR), '')
        || '|' || COALESCE(CAST(customer_key AS VARCHAR), '')
        || '|' || COALESCE(account_number, '')
        || '|' || COALESCE(account_type, '')
        || '|' || COALESCE(currency_code, '')
        || '|' || COALESCE(status, '')
        || '|' || COALESCE(CAST(CAST(credit_limit * 100 AS BIGINT) AS VARCHAR), '')
    FROM dim_accounts
    WHERE account_key <> -1
    UNION ALL
    SELECT
        'transactions',
        CAST(1 AS BIGINT),
        amount,
        COALESCE(CAST(transaction_key AS VARCHAR), '')
        || '|' || COALESCE(CAST(customer_key AS VARCHAR), '')
        || '|' || COALESCE(CAST(account_key AS VARCHAR), '')
        || '|' || COALESCE(CAST(date_key AS VARCHAR), '')
        || '|' || COALESCE(transaction_type, '')
        || '|' || COALESCE(status, '')
        || '|' || COALESCE(channel, '')
        || '|' || COALESCE(category_code, '')
        || '|' || COALESCE(merchant_name, '')
        || '|' || COALESCE(currency_code, '')
        || '|' || COALESCE(CAST(CAST(amount * 100 AS BIGINT) AS VARCHAR), '')
        || '|' || COALESCE(CAST(event_count AS VARCHAR), '')
        || '|' || COALESCE(last_event_status, '')
        || '|' || COALESCE(CAST(CASE WHEN ABS(risk_score) < 1000000000 THEN CAST(FLOOR(risk_score * 1000000) AS BIGINT) END AS VARCHAR), '')
        || '|' || COALESCE(CAST(settlement_seconds AS VARCHAR), '')
    FROM fact_transactions
    UNION ALL
    SELECT
        'transaction_events',
        event_count,
        CAST(NULL AS DECIMAL(18, 2)),
        CAST(NULL AS VARCHAR)
    FROM fact_transactions
    UNION ALL
    SELECT
        'dim_dates',
        CAST(1 AS BIGINT),
        CAST(NULL AS DECIMAL(18, 2)),
        COALESCE(CAST(date_key AS VARCHAR), '')
        || '|' || COALESCE(CAST(calendar_date AS VARCHAR), '')
        || '|' || COALESCE(CAST(quarter AS VARCHAR), '')
        || '|' || COALESCE(CAST(iso_year AS VARCHAR), '')
        || '|' || COALESCE(CAST(iso_week AS VARCHAR), '')
        || '|' || COALESCE(CAST(day_of_week AS VARCHAR), '')
        || '|' || COALESCE(day_name, '')
        || '|' || COALESCE(month_name, '')
        || '|' || CASE WHEN is_weekend THEN 'true' WHEN NOT is_weekend THEN 'false' ELSE '' END
        || '|' || CASE WHEN is_month_end THEN 'true' WHEN NOT is_month_end THEN 'false' ELSE '' END
    FROM dim_dates
    UNION ALL
    SELECT
        'rejects',
        CAST(1 AS BIGINT),
        CAST(NULL AS DECIMAL(18, 2)),
        COALESCE(source, '')
        || '|' || COALESCE(source_key, '')
        || '|' || COALESCE(reason, '')
        || '|' || COALESCE(column_name, '')
        || '|' || lower(to_hex(md5(to_utf8(COALESCE(raw_row, '')))))
    FROM rejects
)
SELECT
    table_name,
    CAST(SUM(row_count) AS VARCHAR) AS row_count,
    CAST(SUM(amount) AS VARCHAR) AS amount,
    CAST(SUM(CAST(from_base(substr(to_hex(md5(to_utf8(content))), 1, 15), 16) AS DECIMAL(38, 0))) AS VARCHAR) AS row_hash
FROM served
GROUP BY table_name
