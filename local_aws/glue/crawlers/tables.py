"""The catalog entries of crawled tables: Glue's TableInput and PartitionInput."""

import hashlib
import re
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa

from local_aws.glue.crawlers.files import DataFile
from local_aws.glue.crawlers.layout import Schemas, TableFiles
from local_aws.glue.crawlers.schemas import FileSchema
from local_aws.glue.crawlers.types import hive_type, merged_schema

NOT_IN_NAMES = re.compile(r"[^0-9a-z]")
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


@dataclass(frozen=True)
class CrawledTable:
    """A table as the crawl found it."""

    table_files: TableFiles
    schema: pa.Schema
    storage: dict[str, Any]
    parameters: dict[str, str]

    @property
    def columns(self) -> list[dict[str, str]]:
        partition_names = set(self.table_files.partition_names)
        return [
            {"Name": field.name, "Type": hive_type(field.type)}
            for field in self.schema
            if field.name not in partition_names
        ]

    def storage_descriptor(self, location: str, parameters: dict[str, str]) -> dict[str, Any]:
        return {
            "Columns": self.columns,
            "Location": location,
            "Compressed": self.parameters["compressionType"] != "none",
            "NumberOfBuckets": -1,
            "BucketColumns": [],
            "SortColumns": [],
            "StoredAsSubDirectories": False,
            "Parameters": parameters,
            **self.storage,
        }

    def table_input(self, name: str) -> dict[str, Any]:
        return {
            "Name": name,
            "Owner": "owner",
            "Retention": 0,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in self.table_files.partition_names],
            "Parameters": self.parameters,
            "StorageDescriptor": self.storage_descriptor(self.table_files.location, self.parameters),
        }


def crawled_table(table_files: TableFiles, schemas: Schemas, crawler_name: str) -> CrawledTable:
    """The table over files that all have a schema."""
    first = schemas[table_files.files[0]]
    schema = reduce(merged_schema, (schemas[file].schema for file in table_files.files))
    parameters = {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler_name,
        "classification": first.classification,
        "compressionType": first.compression,
        "typeOfData": "file",
        **counts(table_files.files, schemas),
        **_delimiter_parameters(first),
    }
    return CrawledTable(table_files, schema, _storage(first, schema), parameters)


def counts(files: list[DataFile], schemas: Schemas) -> dict[str, str]:
    """Objects, bytes and records of a table or a partition."""
    size = sum(file.size for file in files)
    records = sum(schemas[file].rows for file in files)
    return {
        "objectCount": str(len(files)),
        "sizeKey": str(size),
        "recordCount": str(records),
        "averageRecordSize": str(round(size / records) if records else 0),
    }


def table_name(bucket: str, root: str, prefix: str) -> str:
    """The folder's name (the bucket's for a whole bucket) after the crawler's prefix."""
    folder = root.rstrip("/").rpartition("/")[2] or bucket
    return prefix.lower() + NOT_IN_NAMES.sub("_", folder.lower())


def distinct_table_name(name: str, location: str) -> str:
    """For a table whose name is taken by a table of another location."""
    return f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"


def _delimiter_parameters(file_schema: FileSchema) -> dict[str, str]:
    if file_schema.delimiter is None:
        return {}
    header = {"skip.header.line.count": "1"} if file_schema.has_header else {}
    return {"delimiter": file_schema.delimiter, "columnsOrdered": "true", "areColumnsQuoted": "false", **header}


def _storage(file_schema: FileSchema, schema: pa.Schema) -> dict[str, Any]:
    if file_schema.classification == "parquet":
        serde = {
            "SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        }
        return {
            "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": serde,
        }
    if file_schema.classification == "json":
        serde = {
            "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
            "Parameters": {"paths": ",".join(sorted(schema.names))},
        }
    else:
        serde = {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": file_schema.delimiter},
        }
    return {"InputFormat": TEXT_INPUT, "OutputFormat": TEXT_OUTPUT, "SerdeInfo": serde}
