SELECT CAST(arrived_at AS date) AS arrived_on, status, COUNT(*) AS files
FROM stock_file_ledger
WHERE arrived_at > (SELECT MAX(arrived_at) - INTERVAL '60' DAY FROM stock_file_ledger)
GROUP BY CAST(arrived_at AS date), status
ORDER BY arrived_on, status
