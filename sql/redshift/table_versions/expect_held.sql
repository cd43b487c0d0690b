-- Of two loads at once the second waits here for the first, finds what it has changed, and fails: nothing is changed.
-- Redshift takes a transaction's snapshot at its first query, which a LOCK is not.
LOCK analytics.table_versions;

SELECT 1 / CASE WHEN COUNT(*) = {{ loads | length }} THEN 1 ELSE 0 END AS held_versions_are_expected
FROM (
{% for load in loads.values() %}
    SELECT '{{ load.table }}' AS table_name, CAST({{ load.held or 0 }} AS BIGINT) AS snapshot_id
    {{ "" if loop.last else "UNION ALL" }}
{% endfor %}
) AS expected
LEFT JOIN analytics.table_versions AS held ON expected.table_name = held.table_name
WHERE COALESCE(held.snapshot_id, 0) = expected.snapshot_id;
