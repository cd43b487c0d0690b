{{ config(materialized='view') }}
select order_id, region, ordered_on, units, amount, {{ dbt.date_trunc('month', 'ordered_on') }} as month
from {{ ref('orders') }}
