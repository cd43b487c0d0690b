-- Redshift's functions that PostgreSQL lacks or answers otherwise, in a schema that is searched before PostgreSQL's own.
-- Sources are the pages of the functions in https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions.html.
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

CREATE OR REPLACE FUNCTION redshift_system.strtol(digits text, base integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT AS
$$
DECLARE
    alphabet CONSTANT text := left('0123456789abcdefghijklmnopqrstuvwxyz', base);
    plain text := lower(ltrim(digits, '+-'));
    value bigint := 0;
BEGIN
    IF base NOT BETWEEN 2 AND 36 THEN
        RAISE EXCEPTION 'STRTOL: the base % is not between 2 and 36', base;
    END IF;
    IF base = 16 THEN
        plain := regexp_replace(plain, '^0x', '');
    END IF;
    IF plain = '' OR translate(plain, alphabet, '') <> '' THEN
        RAISE EXCEPTION 'The input % is not valid to be converted to base %', digits, base;
    END IF;
    IF base = 16 AND length(plain) < 16 THEN
        value := ('x' || lpad(plain, 16, '0'))::bit(64)::bigint;
    ELSE
        FOR place IN 1..length(plain) LOOP
            value := value * base + position(substr(plain, place, 1) IN alphabet) - 1;
        END LOOP;
    END IF;
    RETURN CASE WHEN digits LIKE '-%' THEN -value ELSE value END;
END
$$;

-- AVG is this of SUM and COUNT. Of whole numbers it is whole, of decimals it has their scale (AVG's page).
CREATE OR REPLACE FUNCTION redshift_system.average(total bigint, amount bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS
$$ SELECT total / nullif(amount, 0) $$;

CREATE OR REPLACE FUNCTION redshift_system.average(total numeric, amount bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE AS
$$ SELECT trunc(total / nullif(amount, 0), scale(total)) $$;

CREATE OR REPLACE FUNCTION redshift_system.average(total double precision, amount bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE AS
$$ SELECT total / nullif(amount, 0) $$;

-- The sum of any whole numbers is a BIGINT, of a REAL a DOUBLE PRECISION (SUM's page).
CREATE OR REPLACE AGGREGATE redshift_system.sum(bigint) (
    SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE
);

CREATE OR REPLACE FUNCTION redshift_system.sum_of_state(state double precision[]) RETURNS double precision
LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN state[1] > 0 THEN state[2] END $$;

CREATE OR REPLACE AGGREGATE redshift_system.sum(real) (
    SFUNC = float4_accum, STYPE = double precision[], INITCOND = '{0,0,0}', COMBINEFUNC = float8_combine,
    FINALFUNC = redshift_system.sum_of_state, PARALLEL = SAFE
);

CREATE OR REPLACE FUNCTION redshift_system.len(value text) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$ SELECT length(value) $$;

CREATE OR REPLACE FUNCTION redshift_system.textlen(value text) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$ SELECT length(value) $$;

-- As many whole characters as fit into so many bytes: what a cast to VARCHAR(n) keeps.
CREATE OR REPLACE FUNCTION redshift_system.cut_bytes(value text, bytes integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT AS
$$
DECLARE
    kept text := left(value, bytes);
BEGIN
    WHILE octet_length(kept) > bytes LOOP
        kept := left(kept, -greatest((octet_length(kept) - bytes) / 4, 1));
    END LOOP;
    RETURN kept;
END
$$;

CREATE OR REPLACE FUNCTION redshift_system.first_bytes(value text, bytes integer) RETURNS text
LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN octet_length(value) <= bytes THEN value ELSE redshift_system.cut_bytes(value, bytes) END $$;

CREATE OR REPLACE FUNCTION redshift_system.date_trunc(part text, day date) RETURNS timestamp LANGUAGE sql IMMUTABLE AS
$$ SELECT date_trunc(part, day::timestamp) $$;

CREATE OR REPLACE FUNCTION redshift_system.date_part_year(day date) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$ SELECT extract(year FROM day)::integer $$;

-- The last day of a month stays a last day.
CREATE OR REPLACE FUNCTION redshift_system.add_months(moment timestamp, months integer) RETURNS timestamp
LANGUAGE sql IMMUTABLE AS
$$
SELECT CASE WHEN moment::date = redshift_system.last_day(moment)
    THEN redshift_system.last_day(date_trunc('month', moment) + make_interval(months => months)) + moment::time
    ELSE moment + make_interval(months => months)
END
$$;

-- Whole months, and of the rest one in 31 for a day.
CREATE OR REPLACE FUNCTION redshift_system.months_between(later timestamp, earlier timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE AS
$$
SELECT (extract(year FROM later) - extract(year FROM earlier)) * 12 + extract(month FROM later)
    - extract(month FROM earlier)
    + CASE
        WHEN extract(day FROM later) = extract(day FROM earlier) THEN 0
        WHEN later::date = redshift_system.last_day(later) AND earlier::date = redshift_system.last_day(earlier) THEN 0
        ELSE (extract(day FROM later) - extract(day FROM earlier)
            + extract(epoch FROM later::time - earlier::time) / 86400) / 31
    END
$$;

CREATE OR REPLACE FUNCTION redshift_system.next_day(moment timestamp, weekday text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT AS
$$
DECLARE
    place integer := array_position(ARRAY['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa'], left(lower(weekday), 2)) - 1;
BEGIN
    IF place IS NULL THEN
        RAISE EXCEPTION 'Invalid day of week: %', weekday;
    END IF;
    RETURN moment::date + ((place - extract(dow FROM moment)::integer + 6) % 7 + 1);
END
$$;

CREATE OR REPLACE FUNCTION redshift_system.round(value double precision, digits integer) RETURNS double precision
LANGUAGE sql IMMUTABLE AS
$$ SELECT round(value::numeric, digits)::double precision $$;

CREATE OR REPLACE FUNCTION redshift_system.trunc(value double precision, digits integer) RETURNS double precision
LANGUAGE sql IMMUTABLE AS
$$ SELECT trunc(value::numeric, digits)::double precision $$;

-- Of regular expressions: every match is replaced, $1 is the first group, and no match is an empty text.
CREATE OR REPLACE FUNCTION redshift_system.regexp_replace(
    source text, pattern text, replacement text, start integer, parameters text
) RETURNS text LANGUAGE sql IMMUTABLE AS
$$
SELECT left(source, start - 1) || pg_catalog.regexp_replace(
    substr(source, start),
    pattern,
    pg_catalog.regexp_replace(replacement, '\$(\d)', '\\\1', 'g'),
    CASE WHEN parameters LIKE '%i%' THEN 'gi' ELSE 'g' END
)
$$;

CREATE OR REPLACE FUNCTION redshift_system.regexp_replace(source text, pattern text, replacement text, start integer)
RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT redshift_system.regexp_replace(source, pattern, replacement, start, 'c') $$;

CREATE OR REPLACE FUNCTION redshift_system.regexp_replace(source text, pattern text, replacement text)
RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT redshift_system.regexp_replace(source, pattern, replacement, 1, 'c') $$;

CREATE OR REPLACE FUNCTION redshift_system.regexp_replace(source text, pattern text)
RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT redshift_system.regexp_replace(source, pattern, '', 1, 'c') $$;

CREATE OR REPLACE FUNCTION redshift_system.regexp_substr(
    source text, pattern text, start integer DEFAULT 1, occurrence integer DEFAULT 1, parameters text DEFAULT 'c'
) RETURNS text LANGUAGE sql IMMUTABLE AS
$$
SELECT CASE WHEN source IS NOT NULL AND pattern IS NOT NULL THEN coalesce(pg_catalog.regexp_substr(
    source, pattern, start, occurrence,
    CASE WHEN parameters LIKE '%i%' THEN 'i' ELSE 'c' END,
    CASE WHEN parameters LIKE '%e%' THEN 1 ELSE 0 END
), '') END
$$;

CREATE OR REPLACE FUNCTION redshift_system.regexp_count(
    source text, pattern text, start integer DEFAULT 1, parameters text DEFAULT 'c'
) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$
SELECT pg_catalog.regexp_count(source, pattern, start, CASE WHEN parameters LIKE '%i%' THEN 'i' ELSE 'c' END)
$$;

-- JSON in a text.
CREATE OR REPLACE FUNCTION redshift_system.is_valid_json(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_input_is_valid(value, 'json') AND left(ltrim(value), 1) = '{' $$;

CREATE OR REPLACE FUNCTION redshift_system.is_valid_json_array(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_input_is_valid(value, 'json') AND left(ltrim(value), 1) = '[' $$;

CREATE OR REPLACE FUNCTION redshift_system.json_of(value text, null_if_invalid boolean) RETURNS json
LANGUAGE plpgsql IMMUTABLE AS
$$
BEGIN
    IF NOT pg_input_is_valid(value, 'json') THEN
        IF null_if_invalid THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'JSON parsing error';
    END IF;
    RETURN value::json;
END
$$;

CREATE OR REPLACE FUNCTION redshift_system.json_extract_path_text(value text, path text[], null_if_invalid boolean)
RETURNS text LANGUAGE sql IMMUTABLE AS
$$
SELECT CASE WHEN parsed IS NOT NULL THEN coalesce(parsed #>> path, '') END
FROM (SELECT redshift_system.json_of(value, null_if_invalid) AS parsed) AS texts
$$;

CREATE OR REPLACE FUNCTION redshift_system.json_extract_array_element_text(
    value text, place integer, null_if_invalid boolean DEFAULT false
) RETURNS text LANGUAGE sql IMMUTABLE AS
$$
SELECT CASE WHEN place >= 0 AND json_typeof(parsed) = 'array' THEN parsed ->> place END
FROM (SELECT redshift_system.json_of(value, null_if_invalid) AS parsed) AS texts
$$;

CREATE OR REPLACE FUNCTION redshift_system.json_array_length(value text, null_if_invalid boolean DEFAULT false)
RETURNS integer LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_catalog.json_array_length(redshift_system.json_of(value, null_if_invalid)) $$;

-- SUPER.
CREATE OR REPLACE FUNCTION redshift_system.json_parse(value text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
$$ SELECT value::jsonb $$;

CREATE OR REPLACE FUNCTION redshift_system.can_json_parse(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_input_is_valid(value, 'jsonb') $$;

CREATE OR REPLACE FUNCTION redshift_system.json_serialize(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT value::json::text $$;

CREATE OR REPLACE FUNCTION redshift_system.json_typeof(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT jsonb_typeof(value) $$;

CREATE OR REPLACE FUNCTION redshift_system.is_array(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT jsonb_typeof(value) = 'array' $$;

CREATE OR REPLACE FUNCTION redshift_system.is_object(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT jsonb_typeof(value) = 'object' $$;

-- What COPY reads by DATEFORMAT and TIMEFORMAT; NULL where the text is not of the format.
CREATE OR REPLACE FUNCTION redshift_system.moment_of_text(value text, format text) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT AS
$$
BEGIN
    RETURN to_timestamp(value, format) AT TIME ZONE current_setting('timezone');
EXCEPTION
    WHEN OTHERS THEN RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION redshift_system.moment_of_epoch(value text, units_a_second integer) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT AS
$$
BEGIN
    RETURN timestamp 'epoch' + value::numeric / units_a_second * interval '1 second';
EXCEPTION
    WHEN OTHERS THEN RETURN NULL;
END
$$;

-- Gives each text column of a table its limit in bytes. The name of a constraint says which limit, for the sentence of
-- the error, and on which column. Rows that are there already are not looked at.
CREATE OR REPLACE FUNCTION redshift_system.limit_texts(changed regclass) RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    changes text;
BEGIN
    WITH wanted AS (
        SELECT
            format('redshift_%s_%s_%s', t.typname, a.atttypmod - 4, a.attnum) AS name,
            CASE t.typname
                WHEN 'varchar' THEN format('CHECK (octet_length(%I) <= %s)', a.attname, a.atttypmod - 4)
                ELSE format('CHECK (octet_length(%1$I::text) = length(%1$I::text))', a.attname)
            END AS definition
        FROM pg_attribute AS a
        JOIN pg_type AS t ON t.oid = a.atttypid
        WHERE a.attrelid = changed AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypmod > 4
            AND t.typname IN ('varchar', 'bpchar')
    ),

    present AS (
        SELECT conname::text AS name FROM pg_constraint WHERE conrelid = changed AND conname LIKE 'redshift\_%'
    ),

    change (line) AS (
        SELECT format('DROP CONSTRAINT %I', name) FROM present WHERE name NOT IN (SELECT name FROM wanted)
        UNION ALL
        SELECT format('ADD CONSTRAINT %I %s NOT VALID', name, definition)
        FROM wanted WHERE name NOT IN (SELECT name FROM present)
    )

    SELECT string_agg(line, ', ') INTO changes FROM change;
    IF changes IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s %s', changed, changes);
    END IF;
END
$$;
