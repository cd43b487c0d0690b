-- Orders in the well-known form: of each file, and of the country, item and date that its number gives.
COPY (
    WITH places AS (
        SELECT (row_number() OVER (ORDER BY region, country) - 1)::INTEGER AS place, region, country
        FROM (SELECT unnest(getvariable('places'), recursive := true))
    ),
    items AS (
        SELECT (row_number() OVER (ORDER BY item_type) - 1)::INTEGER AS item, item_type
        FROM (SELECT unnest(getvariable('items')) AS item_type)
    ),
    numbered AS (
        SELECT range AS number, hash(range) AS random FROM range(getvariable('first_order'), getvariable('end_order'))
    ),
    orders AS (
        SELECT
            number,
            (random % getvariable('places').len())::INTEGER AS place,
            (random // 1000 % getvariable('items').len())::INTEGER AS item,
            ['Online', 'Offline'][1 + (random // 100_000 % 2)::INTEGER] AS channel,
            ['C', 'H', 'M', 'L'][1 + (random // 1_000_000 % 4)::INTEGER] AS priority,
            DATE '2010-01-01' + (random // 10_000_000 % 4_018)::INTEGER AS order_date,
            (random // 100_000_000_000 % 51)::INTEGER AS days,
            (1 + random // 10_000_000_000_000 % 10_000)::INTEGER AS units
        FROM numbered
    ),
    priced AS (
        SELECT
            *,
            (9.33 + 55.17 * item)::DECIMAL(18, 2) AS price,
            (6.92 + 38.41 * item)::DECIMAL(18, 2) AS cost,
            order_date + days AS ship_date
        FROM orders
    )
    SELECT
        region AS "Region",
        country AS "Country",
        item_type AS "Item Type",
        channel AS "Sales Channel",
        priority AS "Order Priority",
        concat_ws('/', month(order_date), day(order_date), year(order_date)) AS "Order Date",
        100_000_000 + number AS "Order ID",
        concat_ws('/', month(ship_date), day(ship_date), year(ship_date)) AS "Ship Date",
        units AS "Units Sold",
        price AS "Unit Price",
        cost AS "Unit Cost",
        (units * price)::DECIMAL(18, 2) AS "Total Revenue",
        (units * cost)::DECIMAL(18, 2) AS "Total Cost",
        (units * price - units * cost)::DECIMAL(18, 2) AS "Total Profit"
    FROM priced JOIN places USING (place) JOIN items USING (item)
) TO '{path}' (HEADER, DELIMITER ',')
