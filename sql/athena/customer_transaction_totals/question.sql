SELECT c.name, c.email, SUM(f.amount) AS total_transaction_amount
FROM fact_transactions f
JOIN dim_customers c ON f.customer_key = c.customer_key
GROUP BY c.name, c.email
ORDER BY total_transaction_amount DESC
