"""Writes position deletes: one file per data file, its rows in order.

Source of the layout: Iceberg's table specification, "Position Delete Files". Athena writes the same kind (user guide,
"Update Iceberg table data").
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.conversions import to_bytes
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.types import LongType, StringType

from local_aws.athena.iceberg.changes.data_files import Partition

PATH_FIELD_ID = 2147483546
POSITION_FIELD_ID = 2147483545


def _field(name: str, kind: pa.DataType, field_id: int) -> pa.Field:
    return pa.field(name, kind, nullable=False, metadata={b"PARQUET:field_id": str(field_id).encode()})


DELETE_SCHEMA = pa.schema(
    [_field("file_path", pa.string(), PATH_FIELD_ID), _field("pos", pa.int64(), POSITION_FIELD_ID)]
)


@dataclass(frozen=True)
class DeletedRows:
    """Rows of one data file, by ascending positions; `path` as `"$path"` shows it."""

    path: str
    positions: pa.Array


def deleted_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[DeletedRows]:
    """Groups (path, position) rows that are sorted by both."""
    path, positions = None, []
    for batch in batches:
        encoded = batch.column(0).dictionary_encode()
        for number, name in enumerate(encoded.dictionary.to_pylist()):
            selected = batch.column(1).filter(pc.equal(encoded.indices, number))
            if name != path and path is not None:
                yield DeletedRows(path, pa.chunked_array(positions).combine_chunks())
                positions = []
            path = name
            positions.append(selected)
    if path is not None:
        yield DeletedRows(path, pa.chunked_array(positions).combine_chunks())


def write_delete_file(table: Table, data_file: DataFile, rows: DeletedRows, name: str) -> DataFile:
    """The delete file of some rows of a data file, in its partition."""
    spec = table.specs()[data_file.spec_id]
    partition = Partition(spec, table.schema(), data_file.partition)
    location = table.location_provider().new_data_location(name, partition if len(data_file.partition) else None)
    output = table.io.new_output(location)
    paths = pa.DictionaryArray.from_arrays(pa.array([0] * len(rows.positions), pa.int32()), [data_file.file_path])
    content = pa.Table.from_arrays([paths.cast(pa.string()), rows.positions.cast(pa.int64())], schema=DELETE_SCHEMA)
    with output.create() as sink, pq.ParquetWriter(sink, DELETE_SCHEMA, compression="zstd") as writer:
        writer.write_table(content)
    first, last = rows.positions[0].as_py(), rows.positions[-1].as_py()
    count = len(rows.positions)
    path_bytes = to_bytes(StringType(), data_file.file_path)
    file = DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=data_file.partition,
        record_count=count,
        file_size_in_bytes=len(output),
        value_counts={PATH_FIELD_ID: count, POSITION_FIELD_ID: count},
        null_value_counts={PATH_FIELD_ID: 0, POSITION_FIELD_ID: 0},
        lower_bounds={PATH_FIELD_ID: path_bytes, POSITION_FIELD_ID: to_bytes(LongType(), first)},
        upper_bounds={PATH_FIELD_ID: path_bytes, POSITION_FIELD_ID: to_bytes(LongType(), last)},
        sort_order_id=None,
        equality_ids=None,
        key_metadata=None,
    )
    file.spec_id = data_file.spec_id
    return file
