-- The transformation of glue_scripts/lakehouse_glue written as SQL for DuckDB, for raw columns of the declared types.
-- Variables: raw and analytics (folders), inner_pad and outer_pad (the padded HMAC key, as BLOBs).
CREATE MACRO label(value) AS nullif(trim(value, ' ' || chr(9) || chr(10) || chr(13) || chr(160)), '');
CREATE MACRO code(value) AS lower(label(value));
CREATE MACRO is_outside(moment) AS
    coalesce(moment < TIMESTAMP '1970-01-01' OR moment >= TIMESTAMP '2100-01-01', false);
CREATE MACRO token(value) AS
    sha256(getvariable('outer_pad') || unhex(sha256(getvariable('inner_pad') || encode(value))));
CREATE MACRO masked(value, visible) AS
    CASE WHEN length(value) > visible THEN '***' || right(value, visible) WHEN value IS NOT NULL THEN '***' END;

CREATE TEMP TABLE clean_customers AS
SELECT
    customer_id,
    label(name) AS name,
    token(code(email)) AS email,
    masked(label(phone), 2) AS phone,
    year(date_of_birth)::INTEGER AS birth_year,
    token(label(national_id)) AS national_id,
    label(city) AS city,
    upper(code(country_code)) AS country_code,
    code(segment) AS segment,
    code(kyc_status) AS kyc_status,
    is_active,
    created_at,
    updated_at,
    CASE
        WHEN customer_id IS NULL THEN 'missing_key'
        WHEN customer_id = -1 THEN 'reserved_key'
        WHEN is_outside(created_at) OR is_outside(updated_at)
            OR coalesce(date_of_birth < DATE '1900-01-01' OR date_of_birth >= DATE '2100-01-01', false)
        THEN 'date_out_of_range'
    END AS reject_reason
FROM read_parquet(getvariable('raw') || '/rds/public/customers/*.parquet');

CREATE TEMP TABLE clean_accounts AS
SELECT
    account_id,
    customer_id,
    masked(label(account_number), 4) AS account_number,
    code(account_type) AS account_type,
    upper(code(currency_code)) AS currency_code,
    code(status) AS status,
    credit_limit::DECIMAL(18, 2) AS credit_limit,
    opened_at,
    closed_at,
    updated_at,
    CASE
        WHEN account_id IS NULL THEN 'missing_key'
        WHEN account_id = -1 THEN 'reserved_key'
        WHEN is_outside(opened_at) OR is_outside(closed_at) OR is_outside(updated_at) THEN 'date_out_of_range'
    END AS reject_reason
FROM read_parquet(getvariable('raw') || '/rds/public/accounts/*.parquet');

CREATE TEMP TABLE clean_transactions AS
WITH typed AS (
    SELECT
        transaction_id,
        account_id,
        customer_id,
        code(transaction_type) AS transaction_type,
        try_cast(amount AS DECIMAL(18, 2)) AS amount,
        amount AS raw_amount,
        upper(code(currency_code)) AS currency_code,
        label(merchant_name) AS merchant_name,
        label(category_code) AS category_code,
        code(channel) AS channel,
        code(status) AS status,
        occurred_at,
        created_at,
        updated_at,
        hash(
            transaction_id, account_id, customer_id, transaction_type, amount, currency_code, merchant_name,
            category_code, channel, description, status, occurred_at, created_at, updated_at
        ) AS content_hash
    FROM read_parquet(getvariable('raw') || '/rds/public/transactions/*.parquet')
)
SELECT
    *,
    CASE
        WHEN transaction_id IS NULL THEN 'missing_key'
        WHEN raw_amount IS NOT NULL AND amount IS NULL THEN 'amount_out_of_range'
        WHEN amount <> raw_amount THEN 'amount_too_precise'
        WHEN amount IS NULL THEN 'amount_missing'
        WHEN occurred_at IS NULL THEN 'date_missing'
        WHEN is_outside(occurred_at) OR is_outside(created_at) OR is_outside(updated_at) THEN 'date_out_of_range'
    END AS reject_reason
FROM typed;

CREATE TEMP TABLE duplicate_transactions AS
SELECT
    rowid AS loser,
    CASE
        WHEN content_hash = first_value(content_hash) OVER newest THEN 'duplicate_identical'
        WHEN updated_at IS NOT DISTINCT FROM first_value(updated_at) OVER newest THEN 'duplicate_conflicting'
        ELSE 'duplicate_superseded'
    END AS reject_reason
FROM clean_transactions
WHERE reject_reason IS NULL AND transaction_id IN (
    SELECT transaction_id FROM clean_transactions WHERE reject_reason IS NULL GROUP BY ALL HAVING count(*) > 1
)
WINDOW newest AS (PARTITION BY transaction_id ORDER BY updated_at DESC NULLS LAST, content_hash DESC)
QUALIFY row_number() OVER newest > 1;

CREATE TEMP VIEW kept_transactions AS
SELECT * FROM clean_transactions
WHERE reject_reason IS NULL AND rowid NOT IN (SELECT loser FROM duplicate_transactions);

CREATE MACRO is_mistyped(value, document, path) AS
    CASE WHEN value IS NULL THEN coalesce(json_type(document, path) <> 'NULL', false) ELSE false END;

CREATE TEMP TABLE clean_events AS
WITH parsed AS (
    SELECT
        _id,
        _doc,
        CASE WHEN json_valid(_doc) THEN from_json(_doc, '{
            "event_id": "VARCHAR", "transaction_id": "BIGINT", "event_type": "VARCHAR", "status": "VARCHAR",
            "occurred_at": {"$date": "BIGINT"},
            "risk": {"score": "DOUBLE"}
        }') END AS document
    FROM read_parquet(getvariable('raw') || '/docdb/financial/transaction_events/*.parquet')
),
typed AS (
    SELECT *, document.occurred_at."$date" AS milliseconds FROM parsed
)
SELECT
    _id,
    label(document.event_id) AS event_id,
    document.transaction_id AS transaction_id,
    code(document.event_type) AS event_type,
    code(document.status) AS status,
    CASE WHEN milliseconds >= 0 AND milliseconds < 4102444800000 THEN make_timestamp(milliseconds * 1000) END
        AS occurred_at,
    document.risk.score AS risk_score,
    hash(document) AS content_hash,
    CASE
        WHEN document IS NULL THEN 'malformed_document'
        WHEN is_mistyped(document.risk.score, _doc, '$.risk.score')
            OR is_mistyped(document.transaction_id, _doc, '$.transaction_id')
            OR is_mistyped(milliseconds, _doc, '$.occurred_at.$date') THEN 'mistyped_value'
        WHEN label(document.event_id) IS NULL THEN 'missing_key'
        WHEN document.transaction_id IS NULL THEN 'missing_transaction_id'
        WHEN milliseconds < 0 OR milliseconds >= 4102444800000 THEN 'date_out_of_range'
    END AS reject_reason
FROM typed;

CREATE TEMP TABLE duplicate_events AS
SELECT
    rowid AS loser,
    CASE
        WHEN content_hash = first_value(content_hash) OVER newest THEN 'duplicate_identical'
        WHEN occurred_at IS NOT DISTINCT FROM first_value(occurred_at) OVER newest THEN 'duplicate_conflicting'
        ELSE 'duplicate_superseded'
    END AS reject_reason
FROM clean_events
WHERE reject_reason IS NULL AND event_id IN (
    SELECT event_id FROM clean_events WHERE reject_reason IS NULL GROUP BY ALL HAVING count(*) > 1
)
WINDOW newest AS (PARTITION BY event_id ORDER BY occurred_at DESC NULLS LAST, _id DESC)
QUALIFY row_number() OVER newest > 1;

CREATE TEMP VIEW unique_events AS
SELECT * FROM clean_events WHERE reject_reason IS NULL AND rowid NOT IN (SELECT loser FROM duplicate_events);

CREATE TEMP TABLE event_facts AS
WITH summary AS (
    SELECT
        transaction_id,
        min(occurred_at) AS first_event_at,
        max(occurred_at) AS last_event_at,
        count(*) AS event_count,
        arg_max(status, (occurred_at, event_id)) AS last_event_status,
        max(risk_score) AS risk_score,
        min(occurred_at) FILTER (event_type = 'created') AS created_at,
        min(occurred_at) FILTER (event_type = 'settled') AS settled_at
    FROM unique_events
    GROUP BY transaction_id
)
SELECT
    summary.* EXCLUDE (created_at, settled_at),
    (epoch_ms(settled_at) - epoch_ms(coalesce(summary.created_at, first_event_at))) // 1000 AS settlement_seconds,
    kept_transactions.transaction_id IS NOT NULL AS is_known
FROM summary
LEFT JOIN kept_transactions USING (transaction_id);

COPY (
    SELECT 'customers' AS source, customer_id::VARCHAR AS source_key, reject_reason AS reason,
        to_json(clean_customers) AS raw_row
    FROM clean_customers WHERE reject_reason IS NOT NULL
    UNION ALL
    SELECT 'accounts', account_id::VARCHAR, reject_reason, to_json(clean_accounts)
    FROM clean_accounts WHERE reject_reason IS NOT NULL
    UNION ALL
    SELECT 'transactions', transaction_id::VARCHAR, coalesce(duplicates.reject_reason, clean.reject_reason),
        to_json(clean)
    FROM clean_transactions AS clean
    LEFT JOIN duplicate_transactions AS duplicates ON clean.rowid = duplicates.loser
    WHERE coalesce(duplicates.reject_reason, clean.reject_reason) IS NOT NULL
    UNION ALL
    SELECT 'transaction_events', coalesce(event_id, _id), coalesce(duplicates.reject_reason, clean.reject_reason),
        to_json(clean)
    FROM clean_events AS clean
    LEFT JOIN duplicate_events AS duplicates ON clean.rowid = duplicates.loser
    WHERE coalesce(duplicates.reject_reason, clean.reject_reason) IS NOT NULL
    UNION ALL
    SELECT 'transaction_events', event_id, 'unknown_transaction', to_json(unique_events)
    FROM unique_events
    WHERE transaction_id IN (SELECT transaction_id FROM event_facts WHERE NOT is_known)
) TO (getvariable('analytics') || '/rejects.parquet') (FORMAT parquet, COMPRESSION zstd);

COPY (
    SELECT customer_id AS customer_key, * EXCLUDE (reject_reason) FROM clean_customers WHERE reject_reason IS NULL
    UNION ALL BY NAME
    SELECT -1 AS customer_key, 'Unknown' AS name
    ORDER BY customer_key
) TO (getvariable('analytics') || '/dim_customers.parquet') (FORMAT parquet, COMPRESSION zstd);

COPY (
    SELECT account_id AS account_key, coalesce(customers.customer_id, -1) AS customer_key,
        accounts.* EXCLUDE (customer_id, reject_reason)
    FROM clean_accounts AS accounts
    LEFT JOIN clean_customers AS customers
        ON accounts.customer_id = customers.customer_id AND customers.reject_reason IS NULL
    WHERE accounts.reject_reason IS NULL
    UNION ALL BY NAME
    SELECT -1 AS account_key, -1 AS customer_key
    ORDER BY account_key
) TO (getvariable('analytics') || '/dim_accounts.parquet') (FORMAT parquet, COMPRESSION zstd);

COPY (
    SELECT
        transactions.transaction_id AS transaction_key,
        transactions.transaction_id,
        coalesce(customers.customer_id, -1) AS customer_key,
        coalesce(accounts.account_id, -1) AS account_key,
        strftime(occurred_at, '%Y%m%d')::INTEGER AS date_key,
        transaction_type, transactions.status, channel, category_code, merchant_name, transactions.currency_code,
        amount, occurred_at, first_event_at, last_event_at, coalesce(event_count, 0) AS event_count,
        last_event_status, risk_score, settlement_seconds, transactions.updated_at,
        year(occurred_at) AS year,
        month(occurred_at) AS month
    FROM kept_transactions AS transactions
    LEFT JOIN event_facts USING (transaction_id)
    LEFT JOIN clean_customers AS customers
        ON transactions.customer_id = customers.customer_id AND customers.reject_reason IS NULL
    LEFT JOIN clean_accounts AS accounts
        ON transactions.account_id = accounts.account_id AND accounts.reject_reason IS NULL
    ORDER BY year, month, customer_key, occurred_at
) TO (getvariable('analytics') || '/fact_transactions') (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month));
