SELECT {{ columns }}
FROM {{ ledger }}
ORDER BY finished_at DESC, file_name
LIMIT 20
