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
WHERE file_name = ? AND status <> 'blocked'
ORDER BY arrived_at DESC, finished_at DESC
LIMIT 1
