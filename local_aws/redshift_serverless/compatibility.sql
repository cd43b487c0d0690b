-- Redshift's functions and system views that PostgreSQL lacks, in a schema at the end of the search path.
CREATE SCHEMA IF NOT EXISTS redshift_system;
GRANT USAGE ON SCHEMA redshift_system TO PUBLIC;

CREATE OR REPLACE FUNCTION redshift_system.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC') $$;

CREATE OR REPLACE FUNCTION redshift_system.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT transaction_timestamp() AT TIME ZONE 'UTC' $$;

-- Singular spelling of a date part; Redshift's abbreviations as its DATEDIFF page lists them.
CREATE OR REPLACE FUNCTION redshift_system.date_part_name(part text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$
SELECT CASE lower(part)
    WHEN 'y' THEN 'year' WHEN 'yr' THEN 'year' WHEN 'yrs' THEN 'year' WHEN 'years' THEN 'year'
    WHEN 'q' THEN 'quarter' WHEN 'qtr' THEN 'quarter' WHEN 'qtrs' THEN 'quarter' WHEN 'quarters' THEN 'quarter'
    WHEN 'mon' THEN 'month' WHEN 'mons' THEN 'month' WHEN 'months' THEN 'month'
    WHEN 'w' THEN 'week' WHEN 'weeks' THEN 'week'
    WHEN 'd' THEN 'day' WHEN 'days' THEN 'day'
    WHEN 'h' THEN 'hour' WHEN 'hr' THEN 'hour' WHEN 'hrs' THEN 'hour' WHEN 'hours' THEN 'hour'
    WHEN 'm' THEN 'minute' WHEN 'min' THEN 'minute' WHEN 'mins' THEN 'minute' WHEN 'minutes' THEN 'minute'
    WHEN 's' THEN 'second' WHEN 'sec' THEN 'second' WHEN 'secs' THEN 'second' WHEN 'seconds' THEN 'second'
    WHEN 'ms' THEN 'millisecond' WHEN 'msec' THEN 'millisecond' WHEN 'milliseconds' THEN 'millisecond'
    WHEN 'us' THEN 'microsecond' WHEN 'usec' THEN 'microsecond' WHEN 'microseconds' THEN 'microsecond'
    ELSE lower(part)
END
$$;

-- Counts the boundaries of the part between the two times, not elapsed time.
CREATE OR REPLACE FUNCTION redshift_system.datediff(part text, started timestamp, ended timestamp) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS
$$
DECLARE
    unit text := redshift_system.date_part_name(part);
    months bigint := (extract(year FROM ended) - extract(year FROM started)) * 12
        + extract(month FROM ended) - extract(month FROM started);
    seconds numeric;
BEGIN
    CASE unit
        WHEN 'year' THEN RETURN extract(year FROM ended) - extract(year FROM started);
        WHEN 'quarter' THEN
            RETURN (extract(year FROM ended) - extract(year FROM started)) * 4
                + extract(quarter FROM ended) - extract(quarter FROM started);
        WHEN 'month' THEN RETURN months;
        WHEN 'week' THEN RETURN (date_trunc('week', ended)::date - date_trunc('week', started)::date) / 7;
        WHEN 'day' THEN RETURN ended::date - started::date;
        WHEN 'hour', 'minute', 'second', 'millisecond', 'microsecond' THEN
            seconds := extract(epoch FROM date_trunc(unit, ended) - date_trunc(unit, started));
            RETURN CASE unit
                WHEN 'hour' THEN seconds / 3600
                WHEN 'minute' THEN seconds / 60
                WHEN 'second' THEN seconds
                WHEN 'millisecond' THEN seconds * 1000
                ELSE seconds * 1000000
            END;
        ELSE RAISE EXCEPTION 'DATEDIFF: the date part "%" is not supported', part;
    END CASE;
END
$$;

CREATE OR REPLACE FUNCTION redshift_system.dateadd(part text, amount bigint, moment timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE AS
$$
SELECT CASE redshift_system.date_part_name(part)
    WHEN 'quarter' THEN moment + make_interval(months => (amount * 3)::int)
    ELSE moment + (amount || ' ' || redshift_system.date_part_name(part))::interval
END
$$;

CREATE OR REPLACE FUNCTION redshift_system.last_day(moment timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS
$$ SELECT (date_trunc('month', moment) + interval '1 month - 1 day')::date $$;

CREATE OR REPLACE FUNCTION redshift_system.convert_timezone(source text, target text, moment timestamp)
RETURNS timestamp LANGUAGE sql IMMUTABLE AS
$$ SELECT moment AT TIME ZONE source AT TIME ZONE target $$;

CREATE OR REPLACE FUNCTION redshift_system.convert_timezone(target text, moment timestamp)
RETURNS timestamp LANGUAGE sql IMMUTABLE AS
$$ SELECT moment AT TIME ZONE 'UTC' AT TIME ZONE target $$;

CREATE OR REPLACE FUNCTION redshift_system.trunc(moment timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS
$$ SELECT moment::date $$;

CREATE OR REPLACE FUNCTION redshift_system.sha2(value text, bits integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$
SELECT encode(CASE bits
    WHEN 224 THEN sha224(convert_to(value, 'UTF8'))
    WHEN 384 THEN sha384(convert_to(value, 'UTF8'))
    WHEN 512 THEN sha512(convert_to(value, 'UTF8'))
    ELSE sha256(convert_to(value, 'UTF8'))
END, 'hex')
$$;

-- STRTOL under the name that sqlglot has for it.
CREATE OR REPLACE FUNCTION redshift_system.from_base(digits text, base integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT AS
$$
BEGIN
    IF base <> 16 THEN
        RAISE EXCEPTION 'STRTOL: only base 16 is supported';
    END IF;
    RETURN ('x' || lpad(digits, 16, '0'))::bit(64)::bigint;
END
$$;

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
    greatest(c.reltuples, 0)::numeric(38, 0) AS tbl_rows, greatest(c.reltuples, 0)::numeric(38, 0) AS estimated_visible_rows
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
    numeric_precision::integer, numeric_scale::integer
FROM information_schema.columns
WHERE table_schema <> 'redshift_system';

CREATE OR REPLACE VIEW redshift_system.pg_table_def AS
SELECT n.nspname::text AS schemaname, c.relname::text AS tablename, a.attname::text AS "column",
    format_type(a.atttypid, a.atttypmod) AS "type", a.attnotnull AS "notnull"
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
    AND n.nspname = ANY (current_schemas(false)) AND n.nspname <> 'redshift_system';

GRANT SELECT ON ALL TABLES IN SCHEMA redshift_system TO PUBLIC;
GRANT INSERT ON redshift_system.sys_load_error_detail, redshift_system.sys_load_history TO PUBLIC;
