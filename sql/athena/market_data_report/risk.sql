WITH assumed AS (
    SELECT CAST(0.04 AS double) AS risk_free_share
)

SELECT
    r.symbol,
    r.currency_code,
    r.year,
    r.trading_days,
    r.return_share,
    r.annual_volatility,
    r.largest_drawdown_share,
    r.value_at_risk_share,
    (r.annual_return_share - a.risk_free_share) / NULLIF(r.annual_volatility, 0) AS sharpe_ratio
FROM market_risk AS r
CROSS JOIN assumed AS a
WHERE r.year = (SELECT MAX(year) FROM market_risk)
ORDER BY sharpe_ratio DESC, r.symbol
LIMIT 100
