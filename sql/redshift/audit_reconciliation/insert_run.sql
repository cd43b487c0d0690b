INSERT INTO analytics.audit_reconciliation
VALUES
{% for table in reconciled_tables %}
    (
        :run_id, :published_tag, CAST(:reconciled_at AS TIMESTAMP), '{{ table }}',
        CAST(NULLIF(:{{ table }}_source_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_raw_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_published_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_rejected_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_athena_rows, 'null') AS BIGINT),
        CAST(NULLIF(:{{ table }}_redshift_rows, 'null') AS BIGINT),
        :{{ table }}_is_reconciled = 'true'
    ){{ "" if loop.last else "," }}
{% endfor %}
