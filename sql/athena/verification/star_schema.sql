SELECT violation, row_count
FROM (
    SELECT 'dim_customers.customer_key is not unique' AS violation, COUNT(*) - COUNT(DISTINCT customer_key) AS row_count
    FROM dim_customers
    UNION ALL
    SELECT 'dim_accounts.account_key is not unique' AS violation, COUNT(*) - COUNT(DISTINCT account_key) AS row_count
    FROM dim_accounts
    UNION ALL
    SELECT 'dim_dates.date_key is not unique' AS violation, COUNT(*) - COUNT(DISTINCT date_key) AS row_count
    FROM dim_dates
    UNION ALL
    SELECT 'fact_transactions.transaction_key is not unique' AS violation, COUNT(*) - COUNT(DISTINCT transaction_key) AS row_count
    FROM fact_transactions
    UNION ALL
    SELECT 'fact_transactions.customer_key is not in dim_customers', COUNT(*)
    FROM fact_transactions f
    LEFT JOIN dim_customers d ON f.customer_key = d.customer_key
    WHERE d.customer_key IS NULL
    UNION ALL
    SELECT 'fact_transactions.account_key is not in dim_accounts', COUNT(*)
    FROM fact_transactions f
    LEFT JOIN dim_accounts d ON f.account_key = d.account_key
    WHERE d.account_key IS NULL
    UNION ALL
    SELECT 'fact_transactions.date_key is not in dim_dates', COUNT(*)
    FROM fact_transactions f
    LEFT JOIN dim_dates d ON f.date_key = d.date_key
    WHERE d.date_key IS NULL
    UNION ALL
    SELECT 'dim_accounts.customer_key is not in dim_customers', COUNT(*)
    FROM dim_accounts a
    LEFT JOIN dim_customers c ON a.customer_key = c.customer_key
    WHERE c.customer_key IS NULL
    UNION ALL
    SELECT 'fact_transactions.date_key is in another partition''s month', COUNT(*)
    FROM fact_transactions
    WHERE date_key NOT BETWEEN (year * 100 + month) * 100 AND (year * 100 + month) * 100 + 99
) AS checks
WHERE row_count > 0
ORDER BY violation
