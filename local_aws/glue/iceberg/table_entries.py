"""An Iceberg table's entry in the Glue catalog.

Source of the layout: org.apache.iceberg.aws.glue, GlueTableOperations.persistGlueTable and IcebergToGlueConverter.
"""

from typing import Any

from pyiceberg.catalog import EXTERNAL_TABLE, ICEBERG, METADATA_LOCATION, PREVIOUS_METADATA_LOCATION, TABLE_TYPE
from pyiceberg.catalog.glue import _to_columns as glue_columns
from pyiceberg.table.metadata import TableMetadata

TableInput = dict[str, Any]


def is_iceberg(table_input: TableInput) -> bool:
    return (table_input.get("Parameters") or {}).get(TABLE_TYPE, "").lower() == ICEBERG


def iceberg_table_input(
    name: str, metadata: TableMetadata, metadata_location: str, earlier: TableInput | None = None
) -> TableInput:
    """The entry of a table at this metadata. What an earlier entry, or the one wished for, says besides is kept.

    The columns are those of the current schema, then those that only older schemas have, marked as not current.
    """
    entry = earlier or {}
    parameters = {
        **(entry.get("Parameters") or {}),
        TABLE_TYPE: ICEBERG.upper(),
        METADATA_LOCATION: metadata_location,
    }
    parameters.pop(PREVIOUS_METADATA_LOCATION, None)
    if previous := (entry.get("Parameters") or {}).get(METADATA_LOCATION):
        parameters[PREVIOUS_METADATA_LOCATION] = previous
    return {
        **entry,
        "Name": name,
        "TableType": EXTERNAL_TABLE,
        "Parameters": parameters,
        "StorageDescriptor": {
            **(entry.get("StorageDescriptor") or {}),
            "Columns": glue_columns(metadata),
            "Location": metadata.location,
        },
    }
