-- Answers as the market data API gives them, some symbols each: `body` by `batch` and the symbols that were asked for.
-- Variables: symbols, days, symbols_per_request. One bar of a thousand has its high below its low.
WITH calendar AS (
    SELECT day::date AS day
    FROM range(DATE '2014-01-01', DATE '2050-01-01', INTERVAL 1 DAY) AS days(day)
    WHERE isodow(day) < 6
    LIMIT getvariable('days')
),

bars AS (
    SELECT
        symbol,
        day,
        20 + 10 * sin(symbol + epoch(day::timestamp) / 4e6) + (hash(symbol, day) % 100)::integer / 100 AS price,
        hash(day, symbol) % 1000 AS dice
    FROM range(getvariable('symbols')) AS symbols(symbol), calendar
),

texts AS (
    SELECT
        symbol,
        day,
        json_object(
            'datetime', day::text,
            'open', printf('%.5f', price),
            'high', printf('%.5f', price + if(dice = 7, -1, 0.5)),
            'low', printf('%.5f', price - 0.5),
            'close', printf('%.5f', price + dice / 4000),
            'volume', (1000 + dice * 37)::text
        ) AS bar
    FROM bars
),

answers AS (
    SELECT
        'S' || lpad(symbol::text, 4, '0') AS symbol,
        symbol // getvariable('symbols_per_request') AS batch,
        json_object(
            'meta', json_object(
                'symbol', 'S' || lpad(symbol::text, 4, '0'), 'interval', '1day', 'currency', 'USD',
                'exchange', 'NASDAQ', 'mic_code', 'XNAS', 'type', 'Common Stock'
            ),
            'values', to_json(list(bar ORDER BY day DESC)),
            'status', 'ok'
        ) AS answer
    FROM texts
    GROUP BY texts.symbol
)

SELECT batch, string_agg(symbol, ',' ORDER BY symbol) AS symbols, json_group_object(symbol, answer) AS body
FROM answers
GROUP BY batch
ORDER BY batch
