"""Spark's daemon that makes Python workers, each of which is prepared from the start: `spark.python.daemon.module`."""

from lakehouse_glue.workers import prepare_worker
from pyspark.daemon import manager

if __name__ == "__main__":
    prepare_worker()
    manager()
