{{ config(materialized='table', partitioned_by=['region'], bucketed_by=['order_id'], bucket_count=2) }}
select order_id, units, amount, month, region from {{ ref('orders_view') }}
