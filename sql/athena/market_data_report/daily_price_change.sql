SELECT trade_date, currency_code, average_change_share
FROM market_daily_totals
WHERE
    average_change_share IS NOT NULL
    AND trade_date > (SELECT MAX(trade_date) - INTERVAL '1' YEAR FROM market_daily_totals)
ORDER BY currency_code, trade_date
