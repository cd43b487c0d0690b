SELECT
    customer_key,
    COUNT(*) AS transactions,
    SUM(amount) AS total_amount,
    MAX(occurred_at) AS last_transaction_at
FROM fact_transactions
WHERE
    currency_code = ?
    AND year BETWEEN CAST(? AS integer) AND CAST(? AS integer)
    AND customer_key <> -1
GROUP BY customer_key
ORDER BY total_amount DESC, customer_key
LIMIT 10000
