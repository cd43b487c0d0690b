SELECT reason, COUNT(*) AS rejected_rows
FROM sales_rejects
GROUP BY reason
ORDER BY rejected_rows DESC, reason
LIMIT 20
