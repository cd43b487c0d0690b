CREATE TABLE IF NOT EXISTS analytics.dim_dates (
    date_key       INTEGER NOT NULL,
    calendar_date  DATE NOT NULL,
    year           INTEGER NOT NULL,
    quarter        INTEGER NOT NULL,
    month          INTEGER NOT NULL,
    day_of_month   INTEGER NOT NULL,
    iso_year       INTEGER NOT NULL,
    iso_week       INTEGER NOT NULL,
    day_of_week    INTEGER NOT NULL,
    day_name       VARCHAR(16) NOT NULL,
    month_name     VARCHAR(16) NOT NULL,
    is_weekend     BOOLEAN NOT NULL,
    is_month_end   BOOLEAN NOT NULL
)
DISTSTYLE ALL
SORTKEY (date_key);
