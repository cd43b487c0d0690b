-- What Trino's functions and operators mean, in DuckDB's words. A failure is a text that is no number, with Athena's
-- message between `!` and `!~`: unlike error() it is no side effect, so that TRY can make it NULL.
CREATE MACRO trino_fail(message) AS CAST('!' || message || '!~' AS INTEGER);

CREATE MACRO trino_rounded_quotient(dividend, divisor) AS
    sign(dividend) * sign(divisor) * ((2 * abs(dividend) + abs(divisor)) // (2 * abs(divisor)));
CREATE MACRO trino_mod(dividend, divisor) AS
    CASE WHEN divisor = 0 THEN CAST('NaN' AS DOUBLE) ELSE dividend % divisor END;
CREATE MACRO trino_width_bucket(operand, low, high, buckets) AS
    CAST(CASE
        WHEN operand < low THEN 0
        WHEN operand >= high THEN buckets + 1
        ELSE floor(buckets * (operand - low) / (high - low)) + 1
    END AS BIGINT);
CREATE MACRO trino_from_base(digits, base) AS
    CASE
        WHEN digits IS NULL THEN NULL
        WHEN base = 16 AND regexp_full_match(digits, '[0-9a-fA-F]+') THEN CAST('0x' || digits AS BIGINT)
        WHEN len(list_filter(string_split(ltrim(lower(digits), '-+'), ''), lambda digit:
            instr(substr('0123456789abcdefghijklmnopqrstuvwxyz', 1, CAST(base AS INTEGER)), digit) = 0)) = 0
        THEN CAST(list_reduce(
            list_transform(string_split(ltrim(lower(digits), '-+'), ''), lambda digit:
                CAST(instr('0123456789abcdefghijklmnopqrstuvwxyz', digit) - 1 AS INT128)),
            lambda total, digit: total * base + digit
        ) * CASE WHEN starts_with(digits, '-') THEN -1 ELSE 1 END AS BIGINT)
        ELSE trino_fail('INVALID_FUNCTION_ARGUMENT: Not a valid base-' || CAST(base AS VARCHAR) || ' number: ' || digits)
    END;

-- Java's text of a double: 1.0E10, 0.001, NaN.
CREATE MACRO trino_scientific(digits, exponent) AS
    substr(digits, 1, 1) || '.' || CASE WHEN length(digits) > 1 THEN substr(digits, 2) ELSE '0' END
    || 'E' || CAST(exponent AS VARCHAR);
CREATE MACRO trino_large_text(shown) AS
    trino_scientific(
        rtrim(replace(split_part(shown, 'e', 1), '.', ''), '0'),
        CASE
            WHEN contains(shown, 'e') THEN CAST(split_part(shown, 'e', 2) AS INTEGER)
            ELSE length(split_part(shown, '.', 1)) - 1
        END
    );
CREATE MACRO trino_small_text(shown) AS
    trino_scientific(
        rtrim(ltrim(replace(split_part(shown, 'e', 1), '.', ''), '0'), '0'),
        CASE
            WHEN contains(shown, 'e') THEN CAST(split_part(shown, 'e', 2) AS INTEGER)
            ELSE -(length(shown) - length(ltrim(replace(shown, '.', ''), '0')) - 1)
        END
    );
CREATE MACRO trino_double_text(number) AS
    CASE
        WHEN isnan(number) THEN 'NaN'
        WHEN isinf(number) THEN CASE WHEN number > 0 THEN 'Infinity' ELSE '-Infinity' END
        WHEN number = 0 OR (abs(number) >= 0.001 AND abs(number) < 10000000) THEN CAST(number AS VARCHAR)
        ELSE CASE WHEN number < 0 THEN '-' ELSE '' END
            || CASE
                WHEN abs(number) >= 1 THEN trino_large_text(CAST(abs(number) AS VARCHAR))
                ELSE trino_small_text(CAST(abs(number) AS VARCHAR))
            END
    END;

-- Of a number without its sign: `shown` with so many digits of a fraction, filled up with zeros; in groups of three
-- digits; and with its sign, filled up with zeros to a width.
CREATE MACRO trino_fixed_text(shown, digits) AS
    split_part(shown, '.', 1)
    || CASE WHEN digits > 0 THEN '.' || rpad(split_part(shown, '.', 2), CAST(digits AS INTEGER), '0') ELSE '' END;
CREATE MACRO trino_grouped_text(shown) AS
    ltrim(reverse(regexp_replace(reverse(split_part(shown, '.', 1)), '(\d{3})', '\1,', 'g')), ',')
    || substr(shown, length(split_part(shown, '.', 1)) + 1);
CREATE MACRO trino_signed_text(sign, shown, width) AS
    sign || repeat('0', width - length(sign) - length(shown)) || shown;
CREATE MACRO trino_finite_text(number, sign, shown) AS
    CASE WHEN isnan(number) THEN 'NaN' WHEN isinf(number) THEN sign || 'Infinity' ELSE shown END;
-- Without an exponent: of a number that is too large for a decimal, and so is a whole one if it has an exponent.
CREATE MACRO trino_plain_text(shown) AS
    CASE
        WHEN contains(shown, 'e')
        THEN rpad(replace(split_part(shown, 'e', 1), '.', ''), CAST(split_part(shown, 'e', 2) AS INTEGER) + 1, '0')
        ELSE shown
    END;
CREATE MACRO trino_scientific_parts(rounded, exponent, digits, kept) AS
    left(rounded, 1)
    || CASE WHEN digits > 0 THEN '.' || rpad(substr(rounded, 2, digits), CAST(digits AS INTEGER), '0') ELSE '' END
    || printf('e%+03d', exponent + greatest(length(rounded) - kept, 0));
-- Of a number's digits, of which so many are kept, and the exponent of the first one.
CREATE MACRO trino_scientific_number(shown, exponent, digits, kept) AS
    trino_scientific_parts(
        CAST(
            TRY_CAST(rpad(left(shown, kept), CAST(kept AS INTEGER), '0') AS HUGEINT)
            + CASE WHEN substr(shown, kept + 1, 1) >= '5' THEN 1 ELSE 0 END
            AS VARCHAR
        ),
        exponent,
        digits,
        kept
    );
CREATE MACRO trino_scientific_digits(shown, unit_exponent, digits) AS
    trino_scientific_number(shown, unit_exponent + greatest(length(shown), 1) - 1, digits, least(digits + 1, 38));
-- With so many digits behind the point and an exponent.
CREATE MACRO trino_scientific_text(shown, digits) AS
    trino_scientific_digits(
        ltrim(replace(split_part(shown, 'e', 1), '.', ''), '0'),
        coalesce(TRY_CAST(split_part(shown, 'e', 2) AS INTEGER), 0)
        - length(split_part(split_part(shown, 'e', 1), '.', 2)),
        digits
    );

-- `unit`: so many microseconds. Of a time it wraps at midnight.
CREATE MACRO trino_floored_moment(moment, unit) AS
    moment - to_microseconds((epoch_us(moment) % unit + unit) % unit);
CREATE MACRO trino_rounded_moment(moment, unit) AS
    trino_floored_moment(moment + to_microseconds(CAST(unit // 2 AS BIGINT)), unit);
CREATE MACRO trino_milliseconds(moment) AS trino_rounded_moment(moment, 1000);
-- What the seventh digit of a text's second, which DuckDB leaves out, adds to its microseconds when they are rounded.
CREATE MACRO trino_carried_digit(shown) AS
    to_microseconds(CASE WHEN regexp_matches(shown, '\.\d{6}[5-9]') THEN 1 ELSE 0 END);
CREATE MACRO trino_offset(zone) AS
    to_minutes(
        (CAST(substr(zone, 2, 2) AS BIGINT) * 60 + CAST(substr(zone, 5, 2) AS BIGINT))
        * CASE WHEN starts_with(zone, '-') THEN -1 ELSE 1 END
    );
CREATE MACRO trino_local(moment, zone) AS
    CASE
        WHEN regexp_full_match(zone, '[+-]..:..')
        THEN timezone('UTC', CAST(moment AS TIMESTAMPTZ)) + trino_offset(CASE WHEN regexp_full_match(zone, '[+-]..:..') THEN zone ELSE '+00:00' END)
        ELSE timezone(CASE WHEN regexp_full_match(zone, '[+-]..:..') THEN 'UTC' ELSE zone END, CAST(moment AS TIMESTAMPTZ))
    END;
CREATE MACRO trino_instant(moment, zone) AS
    CASE
        WHEN regexp_full_match(zone, '[+-]..:..')
        THEN timezone('UTC', CAST(moment AS TIMESTAMP) - trino_offset(CASE WHEN regexp_full_match(zone, '[+-]..:..') THEN zone ELSE '+00:00' END))
        ELSE timezone(CASE WHEN regexp_full_match(zone, '[+-]..:..') THEN 'UTC' ELSE zone END, CAST(moment AS TIMESTAMP))
    END;
CREATE MACRO trino_offset_minutes(moment, zone) AS
    CAST((epoch(trino_local(moment, zone)) - epoch(moment)) // 60 AS BIGINT);
CREATE MACRO trino_iso_offset(moment, zone) AS
    CASE
        WHEN zone = 'UTC' THEN 'Z'
        ELSE printf('%s%02d:%02d',
            CASE WHEN trino_offset_minutes(moment, zone) < 0 THEN '-' ELSE '+' END,
            abs(trino_offset_minutes(moment, zone)) // 60, abs(trino_offset_minutes(moment, zone)) % 60)
    END;
CREATE MACRO trino_iso_moment(shown) AS
    trino_instant(
        CASE
            WHEN shown IS NULL OR regexp_full_match(shown, '\d{4}-\d{2}-\d{2}(T\d{2}(:\d{2}(:\d{2}([.,]\d+)?)?)?)?Z?')
            THEN trino_milliseconds(CAST(replace(rtrim(shown, 'Z'), 'T', ' ') AS TIMESTAMP))
            ELSE make_timestamp(CAST(trino_fail(
                'NOT_SUPPORTED: from_iso8601_timestamp of an offset that is not a literal is not supported by the local '
                || 'Athena engine: ' || shown) AS BIGINT))
        END, 'UTC');
CREATE MACRO trino_from_unixtime(seconds) AS trino_instant(epoch_ms(CAST(round(seconds * 1000) AS BIGINT)), 'UTC');
CREATE MACRO trino_interval(unit, amount) AS
    CASE lower(unit)
        WHEN 'millisecond' THEN to_milliseconds(amount)
        WHEN 'second' THEN to_seconds(amount)
        WHEN 'minute' THEN to_minutes(amount)
        WHEN 'hour' THEN to_hours(amount)
        WHEN 'day' THEN to_days(CAST(amount AS INTEGER))
        WHEN 'week' THEN to_days(CAST(7 * amount AS INTEGER))
        WHEN 'month' THEN to_months(CAST(amount AS INTEGER))
        WHEN 'quarter' THEN to_months(CAST(3 * amount AS INTEGER))
        WHEN 'year' THEN to_months(CAST(12 * amount AS INTEGER))
        ELSE to_days(trino_fail('INVALID_FUNCTION_ARGUMENT: ''' || unit || ''' is not a valid TIMESTAMP field'))
    END;
CREATE MACRO trino_date_unit(unit) AS
    CASE
        WHEN lower(unit) IN ('day', 'week', 'month', 'quarter', 'year') THEN lower(unit)
        ELSE CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: ''' || unit || ''' is not a valid DATE field') AS VARCHAR)
    END;
CREATE MACRO trino_time_unit(unit) AS
    CASE
        WHEN lower(unit) IN ('millisecond', 'second', 'minute', 'hour') THEN lower(unit)
        ELSE CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: ''' || unit || ''' is not a valid TIME field') AS VARCHAR)
    END;
CREATE MACRO trino_timestamp_unit(unit) AS
    CASE
        WHEN lower(unit) IN (
            'millisecond', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'
        ) THEN lower(unit)
        ELSE CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: ''' || unit || ''' is not a valid TIMESTAMP field') AS VARCHAR)
    END;
CREATE MACRO trino_date_interval(unit, amount) AS trino_interval(trino_date_unit(unit), amount);
CREATE MACRO trino_zoned_add(moment, zone, unit, amount) AS
    CASE
        WHEN lower(unit) IN ('millisecond', 'second', 'minute', 'hour') THEN moment + trino_interval(unit, amount)
        ELSE trino_instant(trino_local(moment, zone) + trino_interval(unit, amount), zone)
    END;
CREATE MACRO trino_zoned_diff(unit, start_moment, end_moment, zone) AS
    CASE
        WHEN unit IN ('millisecond', 'second', 'minute', 'hour') THEN date_sub(unit, start_moment, end_moment)
        ELSE date_sub(unit, trino_local(start_moment, zone), trino_local(end_moment, zone))
    END;
CREATE MACRO trino_elapsed(start_moment, end_moment) AS
    to_microseconds(epoch_us(end_moment) - epoch_us(start_moment));
CREATE MACRO trino_days(duration) AS
    CASE
        WHEN epoch(duration) % 86400 = 0 THEN duration
        ELSE to_days(trino_fail('INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date'))
    END;
CREATE MACRO trino_interval_text(duration) AS
    printf('%s%d %02d:%02d:%02d.%03d', CASE WHEN epoch(duration) < 0 THEN '-' ELSE '' END,
        abs(epoch_ms(duration)) // 86400000, abs(epoch_ms(duration)) // 3600000 % 24,
        abs(epoch_ms(duration)) // 60000 % 60, abs(epoch_ms(duration)) // 1000 % 60, abs(epoch_ms(duration)) % 1000);
CREATE MACRO trino_months_text(months) AS
    printf('%s%d-%d', CASE WHEN months < 0 THEN '-' ELSE '' END, abs(months) // 12, abs(months) % 12);

CREATE MACRO trino_subscript(items, position) AS
    list_extract(items, CASE
        WHEN items IS NULL THEN NULL
        WHEN position = 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
        WHEN position < 0
        THEN trino_fail('INVALID_FUNCTION_ARGUMENT: Array subscript is negative: ' || CAST(position AS VARCHAR))
        WHEN position > len(items)
        THEN trino_fail('INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: '
            || CAST(position AS VARCHAR) || ' > ' || CAST(len(items) AS VARCHAR))
        ELSE position
    END);
CREATE MACRO trino_map_subscript(entries, wanted, shown) AS
    list_extract(map_extract(entries, wanted), CASE
        WHEN entries IS NULL OR wanted IS NULL THEN NULL
        WHEN map_contains(entries, wanted) THEN 1
        ELSE trino_fail('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || shown)
    END);
CREATE MACRO trino_element_index(position) AS
    CASE
        WHEN position = 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
        ELSE position
    END;
CREATE MACRO trino_any_match(matches, wanted) AS
    CASE
        WHEN matches IS NULL THEN NULL
        WHEN list_contains(matches, wanted) THEN true
        WHEN list_count(matches) < len(matches) THEN NULL
        ELSE false
    END;
-- A value with each of the items.
CREATE MACRO trino_pairs(value, items) AS list_zip(repeat([value], len(items)), items);
-- Of arrays or maps of so many parts, of which `matches` says which are equal.
CREATE MACRO trino_equal_parts(size, other_size, matches) AS
    CASE
        WHEN size IS NULL OR other_size IS NULL THEN NULL
        WHEN size <> other_size THEN false
        ELSE NOT trino_any_match(matches, false)
    END;
-- Of rows or arrays: 2 and 3 are no order, as a NULL in a row or in an array would have to decide it.
CREATE MACRO trino_order(compared) AS
    CASE compared
        WHEN 2 THEN trino_fail('NOT_SUPPORTED: ROW comparison not supported for fields with null elements')
        WHEN 3 THEN trino_fail('NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements')
        ELSE compared
    END;
CREATE MACRO trino_first_order(orders, size, other_size) AS
    coalesce(list_extract(list_filter(orders, lambda compared: compared <> 0), 1), sign(size - other_size));
CREATE MACRO trino_holds(items, wanted) AS
    CASE WHEN wanted IS NULL THEN list_count(items) < len(items) ELSE list_contains(items, wanted) END;
CREATE MACRO trino_array_distinct(items) AS
    list_filter(items, lambda item, place:
        CASE
            WHEN item IS NULL THEN list_count(list_slice(items, 1, place - 1)) = place - 1
            ELSE list_position(items, item) = place
        END);
CREATE MACRO trino_arrays_overlap(one, other) AS
    CASE
        WHEN list_has_any(list_filter(one, lambda item: item IS NOT NULL), other) THEN true
        WHEN list_count(one) < len(one) OR list_count(other) < len(other) THEN NULL
        WHEN one IS NOT NULL AND other IS NOT NULL THEN false
    END;
CREATE MACRO trino_array_concat(arrays) AS CASE WHEN list_count(arrays) = len(arrays) THEN flatten(arrays) END;
CREATE MACRO trino_slice_from(items, position, amount) AS
    CASE
        WHEN position < 1 OR amount = 0 THEN list_slice(items, 1, 0)
        ELSE list_slice(items, position, position + amount - 1)
    END;
CREATE MACRO trino_slice(items, position, amount) AS
    trino_slice_from(
        items,
        CASE
            WHEN position = 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
            WHEN position > 0 THEN position
            ELSE len(items) + position + 1
        END,
        CASE
            WHEN amount < 0
            THEN trino_fail('INVALID_FUNCTION_ARGUMENT: length must be greater than or equal to 0')
            ELSE amount
        END);
CREATE MACRO trino_trim_array(items, amount) AS
    list_slice(items, 1, CASE
        WHEN amount > len(items)
        THEN trino_fail('INVALID_FUNCTION_ARGUMENT: size must not exceed array cardinality '
            || CAST(len(items) AS VARCHAR) || ': ' || CAST(amount AS VARCHAR))
        ELSE len(items) - amount
    END);
CREATE MACRO trino_first_of_keys(entries) AS
    list_filter(entries, lambda entry, place:
        entry['k'] IS NOT NULL
        AND list_position(list_transform(entries, lambda other: other['k']), entry['k']) = place);
CREATE MACRO trino_map_of_entries(entries) AS
    map(list_transform(entries, lambda entry: entry['k']), list_transform(entries, lambda entry: entry['v']));
-- Most maps are made of keys that differ: only the others are compared each with each.
CREATE MACRO trino_map_of_rows(entries) AS
    CASE
        WHEN list_unique(list_transform(entries, lambda entry: entry['k'])) = len(entries)
        THEN trino_map_of_entries(entries)
        ELSE trino_map_of_entries(trino_first_of_keys(entries))
    END;

CREATE MACRO trino_substr
    (source, position) AS
        CASE
            WHEN position = 0 OR -position > length(source) THEN substr(source, 1, 0)
            ELSE substr(source, CAST(position AS BIGINT))
        END,
    (source, position, amount) AS
        CASE
            WHEN position = 0 OR amount <= 0 OR -position > length(source) THEN substr(source, 1, 0)
            ELSE substr(source, CAST(position AS BIGINT), CAST(amount AS BIGINT))
        END;
CREATE MACRO trino_limited(parts, delimiter, amount) AS
    CASE
        WHEN len(parts) <= amount THEN parts
        ELSE list_concat(
            list_slice(parts, 1, amount - 1), [array_to_string(list_slice(parts, amount, len(parts)), delimiter)])
    END;
CREATE MACRO trino_split
    (source, delimiter) AS string_split(source, delimiter),
    (source, delimiter, amount) AS trino_limited(string_split(source, delimiter), delimiter, CASE
        WHEN amount > 0 THEN amount
        ELSE trino_fail('INVALID_FUNCTION_ARGUMENT: Limit must be positive')
    END);
CREATE MACRO trino_split_part(source, delimiter, position) AS
    CASE
        WHEN position < 1
        THEN CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: Index must be greater than zero') AS VARCHAR)
        WHEN position <= len(string_split(source, delimiter)) THEN split_part(source, delimiter, position)
    END;
CREATE MACRO trino_split_to_map(source, entry_delimiter, key_delimiter) AS
    map(
        list_transform(string_split(source, entry_delimiter), lambda entry: split_part(entry, key_delimiter, 1)),
        list_transform(string_split(source, entry_delimiter), lambda entry:
            substr(entry, instr(entry, key_delimiter) + length(key_delimiter))));
CREATE MACRO trino_position_after(parts, delimiter, amount) AS
    CASE
        WHEN amount BETWEEN 1 AND len(parts) - 1
        THEN length(array_to_string(list_slice(parts, 1, amount), delimiter)) + 1
        ELSE 0
    END;
CREATE MACRO trino_nth_position(source, wanted, amount) AS
    CAST(trino_position_after(
        string_split(source, wanted), wanted,
        CASE
            WHEN amount = 0
            THEN trino_fail('INVALID_FUNCTION_ARGUMENT: ''instance'' must be a positive or negative number.')
            WHEN amount > 0 THEN amount
            ELSE len(string_split(source, wanted)) + amount
        END) AS BIGINT);
CREATE MACRO trino_base64_of_url(encoded) AS
    replace(replace(encoded, '-', '+'), '_', '/') || repeat('=', (4 - length(encoded) % 4) % 4);
CREATE MACRO trino_url_encode(source) AS
    replace(replace(replace(url_encode(source), '%20', '+'), '~', '%7E'), '%2A', '*');
CREATE MACRO trino_regexp_extract
    (source, pattern) AS CASE WHEN regexp_matches(source, pattern) THEN regexp_extract(source, pattern) END,
    (source, pattern, capture) AS
        CASE WHEN regexp_matches(source, pattern) THEN regexp_extract(source, pattern, capture) END;
CREATE MACRO trino_url_parameter(url, name) AS
    trino_regexp_extract(url, '[?&]' || regexp_escape(name) || '=([^&#]*)', 1);
CREATE MACRO trino_regexp_position(source, pattern) AS
    CASE
        WHEN regexp_matches(source, pattern)
        THEN CAST(length(regexp_extract(source, '(?s)^(.*?)(?:' || pattern || ')', 1)) + 1 AS INTEGER)
        WHEN source IS NOT NULL AND pattern IS NOT NULL THEN -1
    END;
-- Groups are $1 in Trino and \1 in DuckDB.
CREATE MACRO trino_replacement(shown) AS regexp_replace(shown, '\$(\d)', '\\\1', 'g');

CREATE MACRO trino_json(shown) AS
    json(CASE
        WHEN shown IS NULL OR json_valid(shown) THEN shown
        ELSE CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: ''' || shown || '''') AS VARCHAR)
    END);
CREATE MACRO trino_json_path(path) AS
    regexp_replace(regexp_replace(path, '^\s*(lax|strict)\s+', ''), '\["([^"]*)"\]', '."\1"', 'g');
CREATE MACRO trino_json_extract(document, path) AS
    CASE WHEN json_valid(document) THEN json_extract(document, path) END;
CREATE MACRO trino_json_extract_scalar(document, path) AS
    CASE
        WHEN json_valid(document) AND json_type(document, path) NOT IN ('OBJECT', 'ARRAY', 'NULL')
        THEN json_extract_string(document, path)
    END;
CREATE MACRO trino_json_query(document, path) AS
    CASE WHEN json_valid(document) THEN json_extract(document, path) END;
CREATE MACRO trino_json_array_length(document) AS
    CASE
        WHEN json_valid(document) AND json_type(document) = 'ARRAY' THEN CAST(json_array_length(document) AS BIGINT)
    END;
CREATE MACRO trino_json_size(document, path) AS
    CASE json_type(document, path)
        WHEN 'ARRAY' THEN CAST(json_array_length(document, path) AS BIGINT)
        WHEN 'OBJECT' THEN CAST(len(json_keys(document, path)) AS BIGINT)
        WHEN NULL THEN NULL
        ELSE CASE WHEN json_exists(document, path) THEN CAST(0 AS BIGINT) END
    END;

CREATE MACRO trino_ngrams(items, size) AS
    CASE
        WHEN size <= 0 THEN [[items[CAST(trino_fail('INVALID_FUNCTION_ARGUMENT: N must be positive') AS BIGINT)]]]
        WHEN len(items) <= size THEN [items]
        ELSE list_transform(range(1, CAST(len(items) - size + 2 AS BIGINT)), lambda start:
            list_slice(items, start, CAST(start + size - 1 AS BIGINT)))
    END;
CREATE MACRO trino_multimap(entries) AS
    map(
        trino_array_distinct(list_filter(list_transform(entries, lambda entry: entry.k), lambda key: key IS NOT NULL)),
        list_transform(
            trino_array_distinct(list_filter(list_transform(entries, lambda entry: entry.k), lambda key: key IS NOT NULL)),
            lambda key: list_transform(list_filter(entries, lambda entry: entry.k = key), lambda entry: entry.v)));
CREATE MACRO trino_all_keys(one, other) AS trino_array_distinct(list_concat(map_keys(one), map_keys(other)));
CREATE MACRO trino_zipped_maps(one, other) AS
    list_transform(trino_all_keys(one, other), lambda key: {
        'k': key, 'v': list_extract(map_extract(one, key), 1), 'w': list_extract(map_extract(other, key), 1)
    });
CREATE MACRO trino_offset_text(minutes, separator) AS
    CASE WHEN minutes < 0 THEN '-' ELSE '+' END
    || printf('%02d', abs(minutes) // 60) || separator || printf('%02d', abs(minutes) % 60);

CREATE MACRO trino_checked_step(first, last, step) AS
    CASE
        WHEN step = 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: step must not be zero')
        WHEN (step > 0 AND last < first) OR (step < 0 AND last > first)
        THEN trino_fail('INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to start value '
            || 'if step is greater than zero otherwise stop value should be less than or equal to start value')
        ELSE 0
    END;
CREATE MACRO trino_checked_length(last_place) AS
    CASE
        WHEN last_place >= 10000
        THEN trino_fail('INVALID_FUNCTION_ARGUMENT: result of sequence function must not have more than 10000 entries')
        ELSE 0
    END;
CREATE MACRO trino_sequence(first, last, step) AS
    generate_series(
        first, last, step + trino_checked_step(first, last, step) + trino_checked_length((last - first) / step));
CREATE MACRO trino_moment_sequence(first, last, step) AS
    generate_series(first, last, step + to_seconds(
        trino_checked_step(epoch(first), epoch(last), epoch(step))
        + trino_checked_length((epoch(last) - epoch(first)) / epoch(step))));
-- Each is so many months after the first: the day of the month that one of them lacks comes back.
CREATE MACRO trino_month_sequence(first, last, step) AS
    list_transform(
        range(0, date_sub('month', first, last) // step + 1
            + trino_checked_step(epoch(first), epoch(last), step)
            + trino_checked_length(date_sub('month', first, last) / step)),
        lambda place: first + to_months(CAST(place * step AS INTEGER)));
