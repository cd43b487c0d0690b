{{ config(materialized='incremental', table_type='iceberg', incremental_strategy='merge', unique_key='order_id',
          on_schema_change='sync_all_columns') }}
select order_id, amount{% if var('extended', false) %}, region {% endif %} from {{ ref('orders_view') }}
