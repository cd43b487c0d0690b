CREATE TEMP TABLE dim_customers_staging (LIKE analytics.dim_customers);

COPY dim_customers_staging
FROM '{{ copy_manifest("dim_customers") }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET
MANIFEST;

DELETE FROM analytics.dim_customers;

INSERT INTO analytics.dim_customers SELECT * FROM dim_customers_staging;
