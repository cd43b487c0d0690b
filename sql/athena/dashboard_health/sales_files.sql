SELECT
    status,
    COUNT(*) AS files,
    SUM(rows_in) AS rows_in,
    SUM(rows_out) AS rows_out,
    SUM(rows_rejected) AS rows_rejected,
    MAX(finished_at) AS last_finished_at
FROM sales_file_ledger
GROUP BY status
ORDER BY status
