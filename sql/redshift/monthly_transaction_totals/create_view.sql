CREATE OR REPLACE VIEW analytics.monthly_transaction_totals AS
SELECT
    d.year,
    d.month,
    f.currency_code,
    f.transaction_type,
    COUNT(*) AS transaction_count,
    SUM(f.amount) AS total_amount
FROM analytics.fact_transactions f
JOIN analytics.dim_dates d ON f.date_key = d.date_key
GROUP BY d.year, d.month, f.currency_code, f.transaction_type;
