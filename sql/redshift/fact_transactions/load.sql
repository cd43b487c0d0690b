CREATE TEMP TABLE fact_transactions_staging (LIKE analytics.fact_transactions);

COPY fact_transactions_staging
FROM '{{ copy_manifest("fact_transactions") }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET
MANIFEST;

DELETE FROM analytics.fact_transactions;

INSERT INTO analytics.fact_transactions SELECT * FROM fact_transactions_staging;
