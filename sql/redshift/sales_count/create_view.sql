CREATE OR REPLACE VIEW analytics.sales_count AS
SELECT COUNT(*) AS row_count, SUM(orders) AS orders
FROM analytics.regionalsales;
