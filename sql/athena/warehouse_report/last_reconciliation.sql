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
WHERE
    dag_id LIKE 'financial_warehouse_%'
    AND reconciled_at = (
        SELECT MAX(reconciled_at) FROM audit_reconciliation WHERE dag_id LIKE 'financial_warehouse_%'
    )
ORDER BY table_name
