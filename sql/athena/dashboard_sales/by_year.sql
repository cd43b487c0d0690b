SELECT year, orders, units_sold, total_revenue, total_profit, profit_share
FROM sales_by_year
ORDER BY year
