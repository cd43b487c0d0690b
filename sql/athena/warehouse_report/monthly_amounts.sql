SELECT calendar_month, currency_code, total_amount
FROM (
    SELECT
        CAST(year AS varchar) || '-' || LPAD(CAST(month AS varchar), 2, '0') AS calendar_month,
        currency_code,
        SUM(total_amount) AS total_amount,
        DENSE_RANK() OVER (ORDER BY year DESC, month DESC) AS month_rank
    FROM monthly_transaction_totals
    GROUP BY year, month, currency_code
) AS months
WHERE month_rank <= 36
ORDER BY calendar_month, currency_code
