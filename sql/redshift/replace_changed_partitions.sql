{#
For tables that have in Redshift the columns that they have in the lake, in the same order. A file that was written
before the last columns were added has no values for them: FILLRECORD makes them NULL.
#}
{% for load in loads.values() if load.has_changes %}
DELETE FROM analytics.{{ load.table }}
{% for partition in load.partitions or [] %}
{{ "WHERE" if loop.first else "OR" }} (
    {% for key in partition %}
    {{ "" if loop.first else "AND" }} {{ key }} = {{ partition[key] }}
    {% endfor %}
)
{% endfor %};
{% if load.manifest %}
COPY analytics.{{ load.table }}
FROM '{{ load.manifest }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET
MANIFEST
FILLRECORD;
{% endif %}
{% endfor %}
