{% for load in loads.values() if load.held != load.snapshot_id %}
DELETE FROM analytics.table_versions WHERE table_name = '{{ load.table }}';

INSERT INTO analytics.table_versions VALUES ('{{ load.table }}', {{ load.snapshot_id }}, GETDATE());
{% endfor %}
