SELECT 'customers' AS table_name, COUNT(*) AS row_count FROM dim_customers WHERE customer_key <> -1
UNION ALL
SELECT 'accounts', COUNT(*) FROM dim_accounts WHERE account_key <> -1
UNION ALL
SELECT 'transactions', COUNT(*) FROM fact_transactions
UNION ALL
SELECT 'transaction_events', CAST(COALESCE(SUM(event_count), 0) AS BIGINT) FROM fact_transactions
UNION ALL
SELECT 'dim_dates', COUNT(*) FROM dim_dates
UNION ALL
SELECT 'rejects', COUNT(*) FROM rejects
