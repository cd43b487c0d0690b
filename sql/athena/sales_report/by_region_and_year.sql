SELECT region, year, SUM(total_revenue) AS total_revenue
FROM regionalsales
GROUP BY region, year
ORDER BY region, year
