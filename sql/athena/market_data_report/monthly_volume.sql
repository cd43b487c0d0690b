SELECT
    CAST(year AS varchar) || '-' || LPAD(CAST(month AS varchar), 2, '0') AS calendar_month,
    SUM(volume) AS volume
FROM market_monthly_totals
GROUP BY year, month
ORDER BY year, month
