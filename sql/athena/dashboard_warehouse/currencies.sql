SELECT currency_code, COUNT(*) AS transactions
FROM fact_transactions
WHERE currency_code IS NOT NULL
GROUP BY currency_code
ORDER BY transactions DESC, currency_code
LIMIT 200
