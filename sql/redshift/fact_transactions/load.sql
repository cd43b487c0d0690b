CREATE TEMP TABLE fact_transactions_staging (LIKE analytics.fact_transactions);

COPY fact_transactions_staging
FROM '{{ published_location("fact_transactions") }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET;

DELETE FROM analytics.fact_transactions;

INSERT INTO analytics.fact_transactions SELECT * FROM fact_transactions_staging;
