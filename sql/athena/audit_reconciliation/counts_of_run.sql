SELECT
    table_name,
    source_rows,
    raw_rows,
    published_rows,
    rejected_rows,
    athena_rows,
    redshift_rows,
    is_reconciled
FROM audit_reconciliation
WHERE dag_id = ? AND run_id = ?
ORDER BY table_name
