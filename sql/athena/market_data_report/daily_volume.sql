SELECT trade_date, SUM(volume) AS volume
FROM market_daily_totals
WHERE trade_date > (SELECT MAX(trade_date) - INTERVAL '1' YEAR FROM market_daily_totals)
GROUP BY trade_date
ORDER BY trade_date
