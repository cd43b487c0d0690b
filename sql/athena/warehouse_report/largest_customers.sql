WITH most_used AS (
    SELECT currency_code
    FROM fact_transactions
    WHERE currency_code IS NOT NULL
    GROUP BY currency_code
    ORDER BY COUNT(*) DESC, currency_code
    LIMIT 1
)

SELECT f.customer_key, f.currency_code, SUM(f.amount) AS total_amount
FROM fact_transactions AS f
INNER JOIN most_used AS m ON f.currency_code = m.currency_code
WHERE f.customer_key <> -1
GROUP BY f.customer_key, f.currency_code
ORDER BY total_amount DESC, f.customer_key
LIMIT 10
