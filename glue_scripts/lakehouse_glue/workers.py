"""What tasks need in Spark's Python workers."""

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from zipimport import zipimporter

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

MapBatches = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def map_in_arrow(frame: DataFrame, function: MapBatches, schema: pa.Schema) -> DataFrame:
    """As Spark's `mapInArrow`, in prepared workers."""
    return frame.mapInArrow(_InPreparedWorker(function), from_arrow_schema(schema))


@dataclass(frozen=True)
class _InPreparedWorker:
    function: MapBatches

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        prepare_worker()
        return self.function(batches)


@cache
def prepare_worker() -> None:
    """Once per worker: spare its further tasks what Spark does before and after each, which goes through all modules.

    Before a task Spark has Python forget what it knows of the files on its path, and Python 3.10 and 3.11 read the
    directories of Spark's archives again then, a tenth of a second long ("zipimport.invalidate_caches() implementation
    causes performance regression for importlib.invalidate_caches()", python/cpython issue 103200; SPARK-54744). After a
    task Spark collects garbage.
    """
    zipimporter.invalidate_caches = lambda _importer: None
    gc.collect()
    gc.freeze()


def local_directory() -> str | None:
    """The first of Spark's folders for local files, which it removes at its end; None outside of Spark."""
    return os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0] or None
