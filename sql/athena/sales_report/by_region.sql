SELECT region, SUM(total_revenue) AS total_revenue, SUM(total_profit) AS total_profit
FROM regionalsales
GROUP BY region
ORDER BY total_revenue DESC, region
LIMIT 50
