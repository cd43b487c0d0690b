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
ORDER BY finished_at DESC, file_name
LIMIT 20
