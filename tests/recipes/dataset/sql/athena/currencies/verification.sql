SELECT violation, row_count
FROM (
    SELECT 'currencies.currency_code is not unique' AS violation, COUNT(*) - COUNT(DISTINCT currency_code) AS row_count
    FROM currencies
) AS checks
WHERE row_count > 0
