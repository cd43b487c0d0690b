SELECT calendar_month, transaction_type, transaction_count
FROM (
    SELECT
        CAST(year AS varchar) || '-' || LPAD(CAST(month AS varchar), 2, '0') AS calendar_month,
        transaction_type,
        SUM(transaction_count) AS transaction_count,
        DENSE_RANK() OVER (ORDER BY year DESC, month DESC) AS month_rank
    FROM monthly_transaction_totals
    GROUP BY year, month, transaction_type
) AS months
WHERE month_rank <= 36
ORDER BY calendar_month, transaction_type
