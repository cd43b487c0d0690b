CREATE TABLE IF NOT EXISTS stack_health (is_only_row BOOLEAN PRIMARY KEY, token TEXT NOT NULL);

INSERT INTO stack_health VALUES (TRUE, %(token)s)
ON CONFLICT (is_only_row) DO UPDATE SET token = excluded.token;

SELECT token FROM stack_health;
