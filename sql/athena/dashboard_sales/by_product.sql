SELECT
    item_type,
    SUM(orders) AS orders,
    SUM(units_sold) AS units_sold,
    SUM(total_revenue) AS total_revenue,
    SUM(total_profit) AS total_profit
FROM regionalsales
WHERE year BETWEEN CAST(? AS integer) AND CAST(? AS integer)
GROUP BY item_type
ORDER BY total_revenue DESC, item_type
LIMIT 100
