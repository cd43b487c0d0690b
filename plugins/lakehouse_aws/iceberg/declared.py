"""Declared tables as PyIceberg makes them.

Imported inside of functions only: PyIceberg takes a second to import.
"""

from pyiceberg.catalog import Catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import (
    DateType,
    DecimalType,
    IntegerType,
    LongType,
    NestedField,
    PrimitiveType,
    StringType,
    TimestampType,
)

from lakehouse_contract.tables import TABLE_PROPERTIES, declared_table

TYPES: dict[str, PrimitiveType] = {
    "string": StringType(),
    "bigint": LongType(),
    "int": IntegerType(),
    "date": DateType(),
    "timestamp": TimestampType(),
    "decimal(20,8)": DecimalType(20, 8),
}


def create_declared_table(catalog: Catalog, database: str, bucket: str, name: str) -> Table:
    """The table, which is made when nobody has made it yet."""
    declared = declared_table(name)
    fields = [
        NestedField(number, column.name, TYPES[column.type], doc=column.meaning, required=column.is_required)
        for number, column in enumerate(declared.columns, start=1)
    ]
    schema = Schema(*fields)
    keys = [
        PartitionField(schema.find_field(key).field_id, 1000 + number, IdentityTransform(), key)
        for number, key in enumerate(declared.partition_keys)
    ]
    return catalog.create_table_if_not_exists(
        (database, name),
        schema,
        location=f"s3://{bucket}/analytics/{name}",
        partition_spec=PartitionSpec(*keys),
        properties=TABLE_PROPERTIES,
    )
