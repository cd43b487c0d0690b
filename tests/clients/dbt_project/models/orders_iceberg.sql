{{ config(materialized='table', table_type='iceberg', format='parquet', partitioned_by=['region', 'bucket(order_id, 2)'],
          table_properties={'vacuum_max_snapshot_age_seconds': '86400'}) }}
select order_id, region, cast(ordered_on as timestamp(6)) as ordered_at, amount from {{ ref('orders_view') }}
