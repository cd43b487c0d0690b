SELECT
    file_name,
    checksum,
    CAST(arrived_at AS timestamp) AS arrived_at,
    status,
    reason,
    rows_in,
    rows_out,
    rows_rejected,
    CAST(finished_at AS timestamp) AS finished_at,
    location
FROM stock_file_ledger
WHERE file_name = ? AND status <> 'blocked'
ORDER BY arrived_at DESC, finished_at DESC
LIMIT 1
