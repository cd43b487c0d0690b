SELECT {{ columns }}
FROM {{ ledger }}
WHERE arrived_at >= CAST(? AS timestamp)
ORDER BY arrived_at, file_name
