DELETE FROM analytics.audit_reconciliation WHERE run_id = :run_id;
