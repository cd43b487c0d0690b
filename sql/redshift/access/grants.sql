CREATE SCHEMA IF NOT EXISTS analytics;

GRANT CREATE ON DATABASE warehouse TO ROLE lakehouse_loader;

GRANT USAGE, CREATE ON SCHEMA analytics TO ROLE lakehouse_loader;

GRANT USAGE ON SCHEMA analytics TO ROLE lakehouse_reader;

GRANT SELECT FOR TABLES IN SCHEMA analytics TO ROLE lakehouse_reader;
