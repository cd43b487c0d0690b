{% for table in params.tables %}
SELECT '{{ table }}' AS table_name, COUNT(*) AS row_count FROM {{ table }}
{{ "" if loop.last else "UNION ALL" }}
{% endfor %}
