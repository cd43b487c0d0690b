SELECT violation, row_count
FROM (
    SELECT 'fact_sales has an order twice' AS violation, COUNT(*) - COUNT(DISTINCT order_id) AS row_count
    FROM fact_sales
    UNION ALL
    SELECT 'fact_sales.region_key is not in dim_regions', COUNT(*)
    FROM fact_sales AS s
    LEFT JOIN dim_regions AS r ON s.region_key = r.region_key
    WHERE r.region_key IS NULL
    UNION ALL
    SELECT 'fact_sales.product_key is not in dim_products', COUNT(*)
    FROM fact_sales AS s
    LEFT JOIN dim_products AS p ON s.product_key = p.product_key
    WHERE p.product_key IS NULL
    UNION ALL
    SELECT 'fact_sales has totals that are no products, or an order in another month''s partition', COUNT(*)
    FROM fact_sales
    WHERE
        units_sold <= 0 OR ship_date < order_date OR year <> YEAR(order_date) OR month <> MONTH(order_date)
        OR total_revenue <> units_sold * unit_price OR total_cost <> units_sold * unit_cost
        OR total_profit <> total_revenue - total_cost
    UNION ALL
    SELECT 'regionalsales has other sums than fact_sales', COUNT(*)
    FROM (
        SELECT year, quarter
        FROM (
            SELECT year, QUARTER(order_date) AS quarter, 1 AS orders, units_sold, total_revenue, total_profit
            FROM fact_sales
            UNION ALL
            SELECT year, quarter, -orders, -units_sold, -total_revenue, -total_profit
            FROM regionalsales
        ) AS rows_and_sums
        GROUP BY year, quarter
        HAVING SUM(orders) <> 0 OR SUM(units_sold) <> 0 OR SUM(total_revenue) <> 0 OR SUM(total_profit) <> 0
    ) AS differing
    UNION ALL
    SELECT 'sales_file_ledger has a loaded file whose rows are neither orders nor rejects', COUNT(*)
    FROM (
        SELECT source_file, arrived_at
        FROM (
            -- A file that was read twice has two rows here, of the same rows of orders and rejects.
            SELECT file_name AS source_file, arrived_at, MAX(rows_in) AS row_count
            FROM sales_file_ledger
            WHERE status = 'loaded'
            GROUP BY file_name, arrived_at
            UNION ALL
            SELECT source_file, arrived_at, -COUNT(*)
            FROM fact_sales
            GROUP BY source_file, arrived_at
            UNION ALL
            SELECT source_file, arrived_at, -COUNT(*)
            FROM sales_rejects
            GROUP BY source_file, arrived_at
        ) AS rows_by_file
        GROUP BY source_file, arrived_at
        HAVING SUM(row_count) <> 0
    ) AS incomplete
) AS checks
WHERE row_count > 0
ORDER BY violation
