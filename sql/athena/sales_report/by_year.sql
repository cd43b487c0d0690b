SELECT year, SUM(total_revenue) AS total_revenue, SUM(total_profit) AS total_profit
FROM regionalsales
GROUP BY year
ORDER BY year
