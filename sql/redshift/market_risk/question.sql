SELECT *, (annual_return_share - CAST(:risk_free_rate AS double precision)) / NULLIF(annual_volatility, 0) AS sharpe_ratio
FROM analytics.market_risk
WHERE year = CAST(:year AS integer)
ORDER BY sharpe_ratio DESC, symbol;
