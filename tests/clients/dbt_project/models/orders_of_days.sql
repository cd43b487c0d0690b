{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partitioned_by=['ordered_on'], on_schema_change='append_new_columns') }}
select order_id, amount, {% if var('extended', false) %} units, {% endif %} ordered_on from {{ ref('orders_view') }}
{% if is_incremental() %}
where ordered_on >= date '2025-01-02'
{% endif %}
