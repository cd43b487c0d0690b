-- The transformation of glue_scripts/lakehouse_glue written as SQL for DuckDB, for raw columns of the declared types.
-- Variables: raw and analytics (folders), inner_pad and outer_pad (the HMAC key's padded forms), max_month.
CREATE MACRO code(value) AS lower(nullif(trim(value, e' \t\r\n\u00a0'), ''));
CREATE MACRO label(value) AS nullif(trim(value, e' \t\r\n\u00a0'), '');
CREATE MACRO is_outside(moment) AS
    coalesce(moment < TIMESTAMP '1970-01-01' OR moment >= TIMESTAMP '2100-01-01', false);
CREATE MACRO token(value) AS sha256(
    getvariable('outer_pad') || unhex(sha256(getvariable('inner_pad') || encode(value)))
);
CREATE MACRO masked(value, visible) AS
    CASE WHEN length(value) > visible THEN '***' || right(value, visible) WHEN value IS NOT NULL THEN '***' END;

CREATE TEMP TABLE clean_customers AS
WITH typed AS (
    SELECT
        customer_id,
        label(name) AS name,
        token(code(email)) AS email,
        masked(label(phone), 2) AS phone,
        year(date_of_birth) AS birth_year,
        token(label(national_id)) AS national_id,
        label(city) AS city,
        upper(code(country_code)) AS country_code,
        code(segment) AS segment,
        code(kyc_status) AS kyc_status,
        is_active,
        created_at,
        updated_at,
        hash(COLUMNS(* EXCLUDE extracted_at)) AS content_hash,
        CASE
            WHEN customer_id IS NULL THEN 'missing_key'
            WHEN customer_id = -1 THEN 'reserved_key'
            WHEN is_outside(created_at) OR is_outside(updated_at)
                OR date_of_birth < DATE '1900-01-01' OR date_of_birth >= DATE '2100-01-01' THEN 'date_out_of_range'
        END AS reject_reason
    FROM read_parquet(getvariable('raw') || '/rds/public/customers/*.parquet')
)
SELECT * FROM typed;
