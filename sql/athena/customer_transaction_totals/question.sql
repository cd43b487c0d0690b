SELECT f.customer_key, SUM(f.amount) AS total_transaction_amount
FROM fact_transactions f
GROUP BY f.customer_key
ORDER BY total_transaction_amount DESC
LIMIT 10
