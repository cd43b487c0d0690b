ALTER TABLE analytics.currencies ADD COLUMN minor_unit_digits INTEGER;
