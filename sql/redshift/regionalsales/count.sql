SELECT COUNT(*) AS row_count, SUM(orders) AS orders
FROM analytics.regionalsales;
