SELECT *, (annual_return_share - CAST(? AS double)) / NULLIF(annual_volatility, 0) AS sharpe_ratio
FROM market_risk
WHERE year = CAST(? AS integer)
ORDER BY sharpe_ratio DESC, symbol
