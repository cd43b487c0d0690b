SELECT CAST(arrived_at AS date) AS arrived_on, SUM(rows_out) AS rows_out, SUM(rows_rejected) AS rows_rejected
FROM stock_file_ledger
WHERE arrived_at > (SELECT MAX(arrived_at) - INTERVAL '60' DAY FROM stock_file_ledger)
GROUP BY CAST(arrived_at AS date)
ORDER BY arrived_on
