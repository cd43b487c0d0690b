SELECT
    region, country, year, quarter, item_type, orders, units_sold, total_revenue, total_cost, total_profit
FROM analytics.regionalsales
ORDER BY year DESC, quarter DESC, region, country, item_type
LIMIT 10;
