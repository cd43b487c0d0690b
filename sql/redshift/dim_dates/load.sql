CREATE TEMP TABLE dim_dates_staging (LIKE analytics.dim_dates);

COPY dim_dates_staging
FROM '{{ published_location("dim_dates") }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET;

DELETE FROM analytics.dim_dates;

INSERT INTO analytics.dim_dates SELECT * FROM dim_dates_staging;
