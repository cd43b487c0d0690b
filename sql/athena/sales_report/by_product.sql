SELECT item_type, SUM(total_revenue) AS total_revenue, SUM(total_profit) AS total_profit
FROM regionalsales
GROUP BY item_type
ORDER BY total_revenue DESC, item_type
LIMIT 50
