-- How many rows every table has (of a dimension: rows that are at the source), their money, and their hash, computed
-- alike in Athena and in Redshift. The hash of a row is 60 bits of the MD5 of its columns as text; that of a table is the
-- sum of its rows', whatever their order. Points in time are left out: Athena reads their milliseconds, Redshift has their
-- microseconds.
WITH served AS (
    SELECT
        'customers' AS table_name,
        CAST(CASE WHEN is_in_source THEN 1 ELSE 0 END AS BIGINT) AS row_count,
        CAST(NULL AS DECIMAL(18, 2)) AS amount,
        COALESCE(CAST(customer_key AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(customer_id AS VARCHAR), '<null>')
        || '|' || COALESCE(name, '<null>')
        || '|' || COALESCE(email, '<null>')
        || '|' || COALESCE(phone, '<null>')
        || '|' || COALESCE(CAST(birth_year AS VARCHAR), '<null>')
        || '|' || COALESCE(national_id, '<null>')
        || '|' || COALESCE(city, '<null>')
        || '|' || COALESCE(country_code, '<null>')
        || '|' || COALESCE(segment, '<null>')
        || '|' || COALESCE(kyc_status, '<null>')
        || '|' || CASE WHEN is_active THEN 'true' WHEN NOT is_active THEN 'false' ELSE '<null>' END
        || '|' || CASE WHEN is_in_source THEN 'true' WHEN NOT is_in_source THEN 'false' ELSE '<null>' END AS content
    FROM dim_customers
    WHERE customer_key <> -1
    UNION ALL
    SELECT
        'accounts',
        CAST(CASE WHEN is_in_source THEN 1 ELSE 0 END AS BIGINT),
        credit_limit,
        COALESCE(CAST(account_key AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(account_id AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(customer_key AS VARCHAR), '<null>')
        || '|' || COALESCE(account_number, '<null>')
        || '|' || COALESCE(account_type, '<null>')
        || '|' || COALESCE(currency_code, '<null>')
        || '|' || COALESCE(status, '<null>')
        || '|' || COALESCE(CAST(CAST(credit_limit * 100 AS BIGINT) AS VARCHAR), '<null>')
        || '|' || CASE WHEN is_in_source THEN 'true' WHEN NOT is_in_source THEN 'false' ELSE '<null>' END
    FROM dim_accounts
    WHERE account_key <> -1
    UNION ALL
    SELECT
        'transactions',
        CAST(1 AS BIGINT),
        amount,
        COALESCE(CAST(transaction_key AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(transaction_id AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(customer_key AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(account_key AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(date_key AS VARCHAR), '<null>')
        || '|' || COALESCE(transaction_type, '<null>')
        || '|' || COALESCE(status, '<null>')
        || '|' || COALESCE(channel, '<null>')
        || '|' || COALESCE(category_code, '<null>')
        || '|' || COALESCE(merchant_name, '<null>')
        || '|' || COALESCE(currency_code, '<null>')
        || '|' || COALESCE(CAST(CAST(amount * 100 AS BIGINT) AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(event_count AS VARCHAR), '<null>')
        || '|' || COALESCE(last_event_status, '<null>')
        || '|' || COALESCE(CAST(CASE WHEN ABS(risk_score) < 1000000000 THEN CAST(FLOOR(risk_score * 1000000) AS BIGINT) END AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(settlement_seconds AS VARCHAR), '<null>')
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
        COALESCE(CAST(date_key AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(calendar_date AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(year AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(quarter AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(month AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(day_of_month AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(iso_year AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(iso_week AS VARCHAR), '<null>')
        || '|' || COALESCE(CAST(day_of_week AS VARCHAR), '<null>')
        || '|' || COALESCE(day_name, '<null>')
        || '|' || COALESCE(month_name, '<null>')
        || '|' || CASE WHEN is_weekend THEN 'true' WHEN NOT is_weekend THEN 'false' ELSE '<null>' END
        || '|' || CASE WHEN is_month_end THEN 'true' WHEN NOT is_month_end THEN 'false' ELSE '<null>' END
    FROM dim_dates
    UNION ALL
    SELECT
        'rejects',
        CAST(1 AS BIGINT),
        CAST(NULL AS DECIMAL(18, 2)),
        COALESCE(source, '<null>')
        || '|' || COALESCE(source_key, '<null>')
        || '|' || COALESCE(reason, '<null>')
        || '|' || COALESCE(column_name, '<null>')
        || '|' || lower(to_hex(md5(to_utf8(COALESCE(raw_row, '<null>')))))
        || '|' || COALESCE(CAST(transaction_id AS VARCHAR), '<null>')
    FROM rejects
)
SELECT
    table_name,
    CAST(SUM(row_count) AS VARCHAR) AS row_count,
    CAST(SUM(amount) AS VARCHAR) AS amount,
    CAST(SUM(CAST(from_base(substr(to_hex(md5(to_utf8(content))), 1, 15), 16) AS DECIMAL(38, 0))) AS VARCHAR) AS row_hash
FROM served
GROUP BY table_name
