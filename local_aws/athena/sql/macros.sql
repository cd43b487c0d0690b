-- Trino functions whose meaning differs from DuckDB's of the same name. DuckDB picks the overload by the argument types.
CREATE MACRO trino_divide
    (dividend BIGINT, divisor BIGINT) AS dividend // divisor,
    (dividend DOUBLE, divisor DOUBLE) AS dividend / divisor;

CREATE MACRO trino_rounded_quotient(dividend, divisor) AS
    dividend // divisor
    + CASE WHEN abs(dividend % divisor) * 2 >= abs(divisor) THEN sign(dividend) * sign(divisor) ELSE 0 END;

CREATE MACRO trino_date_add
    (moment DATE, duration) AS CAST(moment + duration AS DATE),
    (moment TIMESTAMP, duration) AS moment + duration,
    (moment TIMESTAMPTZ, duration) AS moment + duration,
    (moment TIME, duration) AS moment + duration;

CREATE MACRO trino_date_trunc
    (unit, moment DATE) AS CAST(date_trunc(unit, moment) AS DATE),
    (unit, moment TIMESTAMP) AS date_trunc(unit, moment),
    (unit, moment TIMESTAMPTZ) AS date_trunc(unit, moment);

CREATE MACRO trino_at_timezone
    (moment TIMESTAMPTZ, zone) AS timezone(zone, moment),
    (moment TIMESTAMP, zone) AS timezone(zone, CAST(moment AS TIMESTAMPTZ));

CREATE MACRO trino_json_extract(document, path) AS
    CASE WHEN json_valid(document) THEN json_extract(document, path) END;

CREATE MACRO trino_json_extract_scalar(document, path) AS
    CASE
        WHEN json_valid(document) AND json_type(document, path) NOT IN ('OBJECT', 'ARRAY', 'NULL')
        THEN json_extract_string(document, path)
    END;

CREATE MACRO trino_regexp_extract
    (source, pattern) AS CASE WHEN regexp_matches(source, pattern) THEN regexp_extract(source, pattern) END,
    (source, pattern, capture) AS
        CASE WHEN regexp_matches(source, pattern) THEN regexp_extract(source, pattern, capture) END;

CREATE MACRO trino_split_part(source, delimiter, position) AS
    CASE WHEN position <= len(string_split(source, delimiter)) THEN split_part(source, delimiter, position) END;

CREATE MACRO from_base(digits, base) AS
    CASE WHEN base = 16 THEN CAST('0x' || digits AS BIGINT) ELSE error('from_base: only base 16 is supported') END;

CREATE MACRO trino_timestamp_text(moment, digits) AS
    strftime(moment, CASE WHEN digits = 6 THEN '%Y-%m-%d %H:%M:%S.%f' ELSE '%Y-%m-%d %H:%M:%S.%g' END);
