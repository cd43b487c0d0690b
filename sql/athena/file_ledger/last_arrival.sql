SELECT {{ columns }}
FROM {{ ledger }}
WHERE file_name = ? AND status <> 'blocked'
ORDER BY arrived_at DESC, finished_at DESC
LIMIT 1
