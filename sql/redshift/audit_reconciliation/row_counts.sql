{% for table in loads %}
SELECT '{{ table }}' AS table_name, COUNT(*) AS row_count FROM analytics.{{ table }}
{{ "" if loop.last else "UNION ALL" }}
{% endfor %};
