SELECT
    file_name,
    checksum,
    arrived_at,
    status,
    reason,
    rows_in,
    rows_out,
    rows_rejected,
    rows_superseded,
    finished_at,
    location
FROM {{ ledger }}
WHERE arrived_at >= CAST(? AS timestamp)
ORDER BY arrived_at, file_name
