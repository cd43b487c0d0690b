CREATE TEMP TABLE dim_dates_staging (LIKE analytics.dim_dates);

COPY dim_dates_staging
FROM '{{ copy_manifest("dim_dates") }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET
MANIFEST;

DELETE FROM analytics.dim_dates;

INSERT INTO analytics.dim_dates SELECT * FROM dim_dates_staging;
