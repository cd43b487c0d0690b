DELETE FROM analytics.audit_reconciliation WHERE dag_id = :dag_id AND run_id = :run_id;
