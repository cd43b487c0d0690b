SELECT
    b.symbol,
    b.trade_date,
    b.close AS live_close,
    p.close AS market_close,
    b.close / p.close - 1 AS close_difference_share,
    b.volume AS live_volume,
    p.volume AS market_volume,
    b.trade_count
FROM trade_daily_bars AS b
LEFT JOIN market_prices AS p ON b.symbol = p.symbol AND b.trade_date = p.trade_date
ORDER BY b.trade_date DESC, b.symbol
LIMIT 100
