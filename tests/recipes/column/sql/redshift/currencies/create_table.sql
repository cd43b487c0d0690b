CREATE TABLE IF NOT EXISTS analytics.currencies (
    currency_code      VARCHAR(3) NOT NULL,
    name               VARCHAR(64) NOT NULL,
    minor_unit_digits  INTEGER
)
DISTSTYLE ALL
SORTKEY (currency_code);
