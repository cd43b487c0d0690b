-- Partitions of even size that hold the rejects of few files each: AQE splits a large one and joins small ones.
-- A hint with columns has no counterpart in PySpark's DataFrame API.
SELECT /*+ REBALANCE(year, month, source_file) */ * FROM {rejects}
