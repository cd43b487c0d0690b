INSERT INTO analytics.audit_reconciliation (
    dag_id, run_id, published_tag, reconciled_at, table_name,
    source_rows, raw_rows, published_rows, rejected_rows, athena_rows, redshift_rows, is_reconciled
)
VALUES
{% for table in reconciled_tables %}
    (
        :dag_id, :run_id, :published_tag, CAST(:reconciled_at AS TIMESTAMP), '{{ table }}',
        CAST(NULLIF(:{{ table }}_source_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_raw_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_published_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_rejected_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_athena_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_redshift_rows, 'null') AS BIGINT),
        :{{ table }}_is_reconciled = 'true'
    ){{ "" if loop.last else "," }}
{% endfor %}
