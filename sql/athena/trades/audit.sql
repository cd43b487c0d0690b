{# What has to be true of the rows that a run would publish. #}
{% set trades = "trades FOR VERSION AS OF " ~ document.tables.trades.snapshot_id %}
{% set rejects = "trade_rejects FOR VERSION AS OF " ~ document.tables.trade_rejects.snapshot_id %}
WITH new_trades AS (
    SELECT * FROM {{ trades }}
    WHERE run = '{{ document.run }}' AND traded_at BETWEEN TIMESTAMP '{{ document.first_traded_at }}' AND TIMESTAMP '{{ document.last_traded_at }}'
),
new_rejects AS (
    SELECT * FROM {{ rejects }}
    WHERE run = '{{ document.run }}' AND arrived_at BETWEEN TIMESTAMP '{{ document.first_arrived_at }}' AND TIMESTAMP '{{ document.last_arrived_at }}'
)
SELECT
    'trades' AS table_name,
    'trade_id' AS column_name,
    'Every trade is there once' AS description,
    'critical' AS severity,
    COUNT(*) AS violations
FROM (
    SELECT symbol, trade_id
    FROM {{ trades }}
    WHERE traded_at BETWEEN TIMESTAMP '{{ document.first_traded_at }}' AND TIMESTAMP '{{ document.last_traded_at }}'
    GROUP BY symbol, trade_id
    HAVING COUNT(*) > 1
) AS repeated
UNION ALL
SELECT 'trades', 'run', 'The table has the trades that the run has written', 'critical', ABS(COUNT(*) - {{ document.sources.stream.rows - document.sources.stream.rejected_rows }})
FROM new_trades
UNION ALL
SELECT 'trades', 'price', 'Prices are above 0, and volumes not below', 'critical', COUNT(*)
FROM new_trades
WHERE price <= 0 OR volume < 0
UNION ALL
SELECT 'trades', 'day', 'A trade is in the partition of its day', 'critical', COUNT(*)
FROM new_trades
WHERE
    trade_date <> CAST(traded_at AS DATE)
    OR year <> YEAR(trade_date) OR month <> MONTH(trade_date) OR day <> DAY(trade_date)
UNION ALL
SELECT 'trades', 'received_at', 'A trade is received when it was made or later, but for clocks that differ by a minute', 'warning', COUNT(*)
FROM new_trades
WHERE received_at < traded_at - INTERVAL '1' MINUTE
UNION ALL
SELECT 'trade_rejects', 'run', 'The table has the rejects that the run has written', 'critical', ABS(COUNT(*) - {{ document.sources.stream.rejected_rows }})
FROM new_rejects
UNION ALL
SELECT 'trade_rejects', 'reason', 'A reject has a reason', 'critical', COUNT(*)
FROM new_rejects
WHERE reason = ''
