"""Glue's definition of a table of the star schema."""

from typing import Any

from lakehouse_aws.snapshots import SnapshotTable

PARQUET_STORAGE = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}


def table_input(table: SnapshotTable, snapshot: str, existing: dict[str, Any] | None) -> dict[str, Any]:
    """TableInput of CreateTable and UpdateTable: the snapshot's schema and location, the description that exists."""
    definition = {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": table_parameters(table, snapshot),
        "PartitionKeys": _columns(table.partition_keys),
        "StorageDescriptor": PARQUET_STORAGE | {"Location": table.location, "Columns": _columns(table.columns)},
    }
    if existing and existing.get("Description"):
        definition["Description"] = existing["Description"]
    return definition


def table_parameters(table: SnapshotTable, snapshot: str) -> dict[str, str]:
    """Format, snapshot and, for a partitioned table, Athena's partition projection over integers."""
    parameters = {"EXTERNAL": "TRUE", "classification": "parquet", "snapshot": snapshot, "recordCount": str(table.rows)}
    if table.projection:
        parameters["projection.enabled"] = "true"
    for key, (low, high) in table.projection.items():
        parameters[f"projection.{key}.type"] = "integer"
        parameters[f"projection.{key}.range"] = f"{low},{high}"
    return parameters


def _columns(types: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": hive_type} for name, hive_type in types.items()]
