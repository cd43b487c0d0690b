SELECT file_name, arrived_at, reason
FROM stock_file_ledger
WHERE status = 'quarantined'
ORDER BY arrived_at DESC, file_name
LIMIT 20
