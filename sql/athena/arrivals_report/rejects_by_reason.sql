SELECT reason, COUNT(*) AS rejected_rows
FROM stock_price_rejects
GROUP BY reason
ORDER BY rejected_rows DESC, reason
LIMIT 20
