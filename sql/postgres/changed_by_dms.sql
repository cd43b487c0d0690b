-- One statement for each of the tables %(tables)s ("schema.table"). It selects the primary key, as text, and the column
-- of each value that AWS DMS does not carry to Parquet as it is, where large objects are cut at %(lob_bytes)s bytes.
-- No statement: no column of the table can hold such a value. A null statement: its primary key is not one column.
--
-- Types: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.PostgreSQL.html and CHAP_Target.S3.html.
WITH RECURSIVE tables AS (
    SELECT pg_class.oid AS table_id, nspname || '.' || relname AS table_name,
           quote_ident(nspname) || '.' || quote_ident(relname) AS quoted_table
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname || '.' || relname = ANY (%(tables)s)
),
primary_keys AS (
    SELECT indrelid AS table_id, quote_ident(attname) AS quoted_key
    FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
    WHERE indisprimary AND indnkeyatts = 1
),
-- A domain is its base type.
typed_columns AS (
    SELECT attrelid AS table_id, attnum, attname, atttypid AS type_id, atttypmod AS modifier
    FROM pg_attribute
    WHERE attnum > 0 AND NOT attisdropped AND attrelid IN (SELECT table_id FROM tables)
    UNION ALL
    SELECT table_id, attnum, attname, typbasetype, typtypmod
    FROM typed_columns JOIN pg_type ON pg_type.oid = type_id
    WHERE typtype = 'd'
),
-- In a condition, $ stands for the column of a row of the table, whose alias is "loaded".
conditions AS (
    SELECT table_id, attnum, attname, CASE
        -- PostgreSQL's dates reach from 4714 BC to 5874897; that DMS carries other years than these is not documented.
        WHEN typname IN ('date', 'timestamp')
        THEN 'NOT isfinite($) OR $ < ''0001-01-01'' OR $ >= ''10000-01-01'''
        WHEN typname = 'timestamptz'
        THEN 'NOT isfinite($) OR $ < ''0001-01-01 00:00:00Z'' OR $ >= ''10000-01-01 00:00:00Z'''
        -- Milliseconds in Parquet, which end before 24:00.
        WHEN typname IN ('time', 'timetz')
        THEN '$::time = ''24:00'' OR mod(extract(microseconds FROM $)::bigint, 1000) <> 0'
        -- Without a precision it becomes NUMERIC(28,6); NaN and infinity are greater than every number.
        WHEN typname = 'numeric' AND modifier < 4
        THEN 'abs($) >= 1e22 OR $ <> round($, 6)'
        -- With a precision of more than 38 it becomes text.
        WHEN typname = 'numeric' AND (modifier - 4) >> 16 <= 38
        THEN '$ = ''NaN'''
        -- Without a length it is unboundedVarcharMaxSize bytes long, by default 8000.
        WHEN typname = 'varchar' AND modifier < 4
        THEN 'octet_length($) > 8000'
        WHEN typname = 'bytea'
        THEN 'octet_length($) > ' || %(lob_bytes)s
        WHEN typname IN ('xml', 'tsvector', 'tsquery', 'path', 'polygon')
        THEN 'octet_length($::text) > ' || %(lob_bytes)s
        -- DMS counts two bytes a character, and four beyond 16 bits; in UTF-8 none takes less than half of that.
        WHEN typname IN ('text', 'citext', 'json', 'jsonb', 'hstore') OR typcategory IN ('A', 'C')
        THEN 'octet_length($::text) > ' || %(lob_bytes)s || ' OR (octet_length($::text) > ' || %(lob_bytes)s / 2
             || ' AND 4 * length($::text) - 2 * length(regexp_replace($::text, ''[\U00010000-\U0010FFFF]'', '''', ''g'')) > '
             || %(lob_bytes)s || ')'
    END AS condition
    FROM typed_columns JOIN pg_type ON pg_type.oid = type_id
    WHERE typtype <> 'd'
),
checks AS (
    SELECT table_id,
           string_agg(replace(condition, '$', 'loaded.' || quote_ident(attname)), ' OR ' ORDER BY attnum) AS is_any_changed,
           string_agg(
               '(' || quote_literal(attname) || ', ' || replace(condition, '$', 'loaded.' || quote_ident(attname)) || ')',
               ', ' ORDER BY attnum
           ) AS changed_columns
    FROM conditions
    WHERE condition IS NOT NULL
    GROUP BY table_id
)
SELECT table_name,
       'SELECT loaded.' || quoted_key || '::text, changed.name FROM ' || quoted_table || ' AS loaded'
       || ' CROSS JOIN LATERAL (VALUES ' || changed_columns || ') AS changed (name, is_changed)'
       || ' WHERE (' || is_any_changed || ') AND changed.is_changed'
FROM tables
JOIN checks USING (table_id)
LEFT JOIN primary_keys USING (table_id)
ORDER BY table_name
