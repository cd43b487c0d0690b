-- Partitions of even size that hold few months each: AQE splits a large month and joins small ones.
-- A hint with columns has no counterpart in PySpark's DataFrame API.
SELECT /*+ REBALANCE(year, month) */ * FROM {rows}
