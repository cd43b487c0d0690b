CREATE TEMP TABLE dim_customers_staging (LIKE analytics.dim_customers);

COPY dim_customers_staging
FROM '{{ published_location("dim_customers") }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET;

DELETE FROM analytics.dim_customers;

INSERT INTO analytics.dim_customers SELECT * FROM dim_customers_staging;
