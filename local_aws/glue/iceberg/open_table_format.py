"""CreateTable with OpenTableFormatInput: Glue writes the first metadata of an Iceberg table.

Source: AWS Glue API, CreateTable and IcebergInput. The schema comes from the columns of the TableInput or, with its
partitions, sort order and properties, from CreateIcebergTableInput.
"""

from typing import Any

from pydantic import ValidationError
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from sqlglot.errors import ParseError

from local_aws.glue.exceptions import InvalidInputError
from local_aws.glue.iceberg.catalog import iceberg_catalog
from local_aws.glue.iceberg.table_entries import TableInput, iceberg_table_input
from local_aws.glue.iceberg.types import iceberg_schema

VERSIONS = ("1", "2")
DEFAULT_VERSION = "2"


def new_table_input(
    account_id: str, region: str, database: str, name: str, table_input: TableInput, format_input: dict[str, Any]
) -> TableInput:
    """The entry of the new table, whose metadata is written. Raises InvalidInputError for what cannot be a table."""
    wanted = format_input.get("IcebergInput") or {}
    if wanted.get("MetadataOperation") != "CREATE":
        raise InvalidInputError("OpenTableFormatInput needs an IcebergInput with the MetadataOperation CREATE.")
    version = wanted.get("Version", DEFAULT_VERSION)
    if version not in VERSIONS:
        raise InvalidInputError(
            f"The local Glue creates Iceberg tables of version {' and '.join(VERSIONS)}, not {version}."
        )
    if table_input.get("PartitionKeys"):
        raise InvalidInputError("An Iceberg table has no PartitionKeys: name its PartitionSpec in the IcebergInput.")
    try:
        arguments = _arguments(table_input, wanted.get("CreateIcebergTableInput"))
        arguments["properties"]["format-version"] = version
        staged = iceberg_catalog(account_id, region).stage_table((database, name), **arguments)
    except (ValueError, ValidationError, ParseError) as error:
        raise InvalidInputError(f"The Iceberg table {database}.{name} cannot be created: {error}") from error
    staged.catalog._write_metadata(staged.metadata, staged.io, staged.metadata_location)
    return iceberg_table_input(name, staged.metadata, staged.metadata_location, table_input)


def _arguments(table_input: TableInput, iceberg_input: dict[str, Any] | None) -> dict[str, Any]:
    descriptor = table_input.get("StorageDescriptor") or {}
    if iceberg_input is None:
        schema, location = iceberg_schema(descriptor.get("Columns") or []), descriptor.get("Location")
        spec, order, properties = UNPARTITIONED_PARTITION_SPEC, UNSORTED_SORT_ORDER, {}
    else:
        given = _as_iceberg_spells(iceberg_input)
        schema, location = Schema.model_validate(given["schema"]), given["location"]
        spec = PartitionSpec.model_validate(given.get("partition-spec") or UNPARTITIONED_PARTITION_SPEC)
        order = SortOrder.model_validate(given.get("write-order") or UNSORTED_SORT_ORDER)
        properties = dict(iceberg_input.get("Properties") or {})
    if not (location or "").startswith("s3://"):
        raise ValueError("its location has to be an S3 URL")
    return {
        "schema": schema,
        "location": location,
        "partition_spec": spec,
        "sort_order": order,
        "properties": properties,
    }


def _as_iceberg_spells(value: Any) -> Any:
    """`{"SourceId": 1}` as `{"source-id": 1}`, as the Iceberg specification spells it."""
    if isinstance(value, list):
        return [_as_iceberg_spells(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {_hyphenated(name): _as_iceberg_spells(entry) for name, entry in value.items()}


def _hyphenated(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("-")
