-- Redshift's system tables and views, as far as they are known here.
CREATE TABLE IF NOT EXISTS redshift_system.sys_load_error_detail (
    user_id integer,
    query_id bigint,
    transaction_id bigint,
    session_id integer,
    database_name text,
    table_id integer,
    start_time timestamp,
    file_name text,
    line_number bigint,
    column_name text,
    column_type text,
    column_length text,
    "position" integer,
    error_code integer,
    error_message text
);

CREATE TABLE IF NOT EXISTS redshift_system.sys_load_history (
    user_id integer,
    query_id bigint,
    transaction_id bigint,
    session_id integer,
    database_name text,
    table_name text,
    start_time timestamp,
    end_time timestamp,
    duration bigint,
    status text,
    data_source text,
    file_format text,
    loaded_rows bigint,
    loaded_bytes bigint,
    source_file_count integer,
    error_count integer
);

CREATE OR REPLACE VIEW redshift_system.stl_load_errors AS
SELECT user_id AS userid, query_id AS query, table_id AS tbl, start_time AS starttime, file_name AS filename,
    line_number, column_name AS colname, column_type AS "type", column_length AS col_length, "position",
    error_code AS err_code, error_message AS err_reason
FROM redshift_system.sys_load_error_detail;

CREATE OR REPLACE VIEW redshift_system.svv_table_info AS
SELECT current_database()::text AS database, n.nspname::text AS "schema", c.oid::bigint AS table_id,
    c.relname::text AS "table", greatest(ceil(pg_total_relation_size(c.oid) / 1048576.0), 0)::bigint AS size,
    greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::numeric(38, 0) AS tbl_rows,
    greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::numeric(38, 0) AS estimated_visible_rows,
    'N'::text AS encoded, 'AUTO'::text AS diststyle, 'AUTO(SORTKEY)'::text AS sortkey1,
    (SELECT max(a.atttypmod - 4) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.atttypid = 1043) AS max_varchar
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'redshift_system');

CREATE OR REPLACE VIEW redshift_system.svv_tables AS
SELECT table_catalog::text, table_schema::text, table_name::text, table_type::text, NULL::text AS remarks
FROM information_schema.tables
WHERE table_schema <> 'redshift_system';

CREATE OR REPLACE VIEW redshift_system.svv_columns AS
SELECT table_catalog::text, table_schema::text, table_name::text, column_name::text, ordinal_position::integer,
    column_default::text, is_nullable::text, data_type::text, character_maximum_length::integer,
    numeric_precision::integer, numeric_scale::integer, NULL::text AS remarks
FROM information_schema.columns
WHERE table_schema <> 'redshift_system';

CREATE OR REPLACE VIEW redshift_system.pg_table_def AS
SELECT n.nspname::text AS schemaname, c.relname::text AS tablename, a.attname::text AS "column",
    format_type(a.atttypid, a.atttypmod) AS "type", a.attnotnull AS "notnull",
    'none'::text AS encoding, false AS distkey, 0 AS sortkey
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
    AND n.nspname = ANY (current_schemas(false)) AND n.nspname <> 'redshift_system';

CREATE OR REPLACE VIEW redshift_system.svv_roles AS
SELECT oid::bigint AS role_id, rolname::text AS role_name, NULL::text AS role_owner, NULL::text AS external_id
FROM pg_roles
WHERE NOT rolcanlogin AND rolname NOT LIKE 'pg\_%';

GRANT SELECT ON ALL TABLES IN SCHEMA redshift_system TO PUBLIC;
GRANT INSERT ON redshift_system.sys_load_error_detail, redshift_system.sys_load_history TO PUBLIC;
