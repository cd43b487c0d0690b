SELECT source, reason, COUNT(*) AS rejected_rows
FROM rejects
GROUP BY source, reason
ORDER BY rejected_rows DESC, source, reason
LIMIT 50
