SELECT DISTINCT year
FROM fact_transactions
ORDER BY year DESC
