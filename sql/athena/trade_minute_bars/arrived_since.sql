{# Minute bars with a trade that arrived from a moment on, of minutes that were over at another one. #}
SELECT
    b.symbol,
    DATE_FORMAT(b.minute_at, '%Y-%m-%dT%H:%iZ') AS minute,
    b."open",
    b.high,
    b.low,
    b.close,
    b.volume,
    b.trade_count
FROM trade_minute_bars AS b
INNER JOIN (
    SELECT DISTINCT symbol, DATE_TRUNC('minute', traded_at) AS minute_at
    FROM trades
    WHERE arrived_at >= TIMESTAMP '{{ arrived_since }}' AND trade_date >= DATE '{{ first_day }}'
) AS touched ON b.symbol = touched.symbol AND b.minute_at = touched.minute_at
WHERE b.trade_date >= DATE '{{ first_day }}' AND b.minute_at < TIMESTAMP '{{ over_at }}'
