CREATE OR REPLACE VIEW analytics.sales_by_year AS
SELECT
    year,
    SUM(orders) AS orders,
    SUM(units_sold) AS units_sold,
    SUM(total_revenue) AS total_revenue,
    SUM(total_cost) AS total_cost,
    SUM(total_profit) AS total_profit,
    CAST(SUM(total_profit) AS double precision) / NULLIF(CAST(SUM(total_revenue) AS double precision), 0) AS profit_share
FROM analytics.regionalsales
GROUP BY year;
