CREATE OR REPLACE VIEW sales_count AS
SELECT COUNT(*) AS row_count, SUM(orders) AS orders
FROM regionalsales
