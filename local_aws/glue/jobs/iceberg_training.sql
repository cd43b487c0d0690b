CREATE NAMESPACE in_memory.db;

CREATE TABLE in_memory.db.rows (
    id bigint, name string, amount decimal(18, 2), written_at timestamp, year int, month int
)
USING iceberg
PARTITIONED BY (year, month)
TBLPROPERTIES ('write.wap.enabled' = 'true');

INSERT INTO in_memory.db.rows
SELECT id, CAST(id AS string), CAST(id AS decimal(18, 2)), current_timestamp(), 2024, CAST(1 + id % 3 AS int)
FROM range(100);

ALTER TABLE in_memory.db.rows CREATE BRANCH run;

SET spark.wap.branch = run;

MERGE INTO in_memory.db.rows AS held
USING (SELECT id, 'changed' AS name, amount, written_at, year, month FROM in_memory.db.rows WHERE id < 10) AS arrived
ON held.id = arrived.id AND held.year = arrived.year AND held.month = arrived.month
WHEN MATCHED AND held.name <> arrived.name THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;

DELETE FROM in_memory.db.rows WHERE id = 5;

RESET spark.wap.branch;

CALL in_memory.system.fast_forward('db.rows', 'main', 'run');

ALTER TABLE in_memory.db.rows CREATE TAG published;

SELECT count(*), max(amount) FROM in_memory.db.rows VERSION AS OF 'published' WHERE month = 2;

SELECT * FROM in_memory.db.rows.snapshots;

SELECT * FROM in_memory.db.rows.files;

SHOW NAMESPACES IN glue_catalog;

SELECT * FROM glue_catalog.class_training.absent;
