SELECT source_file, COUNT(*) AS row_count
FROM {{ table }}
WHERE arrived_at >= CAST(? AS timestamp)
GROUP BY source_file
