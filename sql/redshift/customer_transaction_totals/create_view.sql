CREATE OR REPLACE VIEW analytics.customer_transaction_totals AS
SELECT c.name, c.email, SUM(f.amount) AS total_transaction_amount
FROM analytics.fact_transactions f
JOIN analytics.dim_customers c ON f.customer_key = c.customer_key
GROUP BY c.name, c.email;
