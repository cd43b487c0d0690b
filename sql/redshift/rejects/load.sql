CREATE TEMP TABLE rejects_staging (LIKE analytics.rejects);

{% if published_rows("rejects") %}
COPY rejects_staging
FROM '{{ copy_manifest("rejects") }}'
IAM_ROLE {{ redshift_iam_role }}
FORMAT AS PARQUET
MANIFEST;
{% endif %}

DELETE FROM analytics.rejects;

INSERT INTO analytics.rejects SELECT * FROM rejects_staging;
