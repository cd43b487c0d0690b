CREATE OR REPLACE VIEW market_group_contributions AS
WITH weighted AS (
    SELECT
        m.year,
        m.month,
        m.currency_code,
        COALESCE(i.sector, 'unknown') AS sector,
        COALESCE(i.category, 'unknown') AS category,
        m.volume,
        m.traded_value,
        m.change_share,
        CAST(m.traded_value AS double)
        / NULLIF(SUM(CAST(m.traded_value AS double)) OVER (PARTITION BY m.year, m.month, m.currency_code), 0) AS weight
    FROM market_monthly_metrics AS m
    INNER JOIN dim_instruments AS i ON m.instrument_key = i.instrument_key
    WHERE m.change_share IS NOT NULL AND m.traded_value IS NOT NULL
),

grouped AS (
    SELECT 'sector' AS grouped_by, sector AS group_name, year, month, currency_code, volume, traded_value, change_share, weight
    FROM weighted
    UNION ALL
    SELECT 'category' AS grouped_by, category AS group_name, year, month, currency_code, volume, traded_value, change_share, weight
    FROM weighted
),

totals AS (
    SELECT
        grouped_by,
        group_name,
        year,
        month,
        currency_code,
        COUNT(*) AS instruments,
        SUM(volume) AS volume,
        SUM(traded_value) AS traded_value,
        SUM(weight) AS value_share,
        SUM(weight * change_share) / NULLIF(SUM(weight), 0) AS average_change_share,
        SUM(weight * change_share) AS contribution_share
    FROM grouped
    GROUP BY grouped_by, group_name, year, month, currency_code
)

SELECT
    grouped_by,
    group_name,
    year,
    month,
    currency_code,
    instruments,
    volume,
    traded_value,
    value_share,
    average_change_share,
    contribution_share,
    ROW_NUMBER() OVER (
        PARTITION BY grouped_by, year, month, currency_code ORDER BY contribution_share DESC, group_name
    ) AS contribution_rank
FROM totals
