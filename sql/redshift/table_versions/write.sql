DELETE FROM analytics.table_versions
WHERE table_name IN ({% for table in loads %}'{{ table }}'{{ "" if loop.last else ", " }}{% endfor %});

INSERT INTO analytics.table_versions
VALUES
{% for load in loads.values() %}
    ('{{ load.table }}', {{ load.snapshot_id }}, GETDATE()){{ "" if loop.last else "," }}
{% endfor %};
