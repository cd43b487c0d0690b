CREATE TEMP TABLE dim_accounts_staging (LIKE analytics.dim_accounts);

COPY dim_accounts_staging
FROM '{{ copy_manifest("dim_accounts") }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET
MANIFEST;

DELETE FROM analytics.dim_accounts;

INSERT INTO analytics.dim_accounts SELECT * FROM dim_accounts_staging;
