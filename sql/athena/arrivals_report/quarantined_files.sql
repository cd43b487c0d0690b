SELECT file_name, DATE_FORMAT(arrived_at, '%Y-%m-%d %H:%i') AS arrived_at, reason
FROM stock_file_ledger
WHERE status = 'quarantined'
ORDER BY stock_file_ledger.arrived_at DESC, file_name
LIMIT 20
