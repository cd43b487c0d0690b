SELECT year, month, transaction_type, transaction_count, total_amount
FROM monthly_transaction_totals
WHERE
    currency_code = ?
    AND year BETWEEN CAST(? AS integer) AND CAST(? AS integer)
ORDER BY year, month, transaction_type
LIMIT 10000
