SELECT table_name, snapshot_id FROM analytics.table_versions;
