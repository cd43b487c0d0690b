"""The catalog's databases and tables as the API of Athena describes them."""

from typing import Any

from local_aws.athena.catalog.tables import CATALOG, Catalog, Table
from local_aws.athena.exceptions import EntityNotFoundError, InvalidRequestError


def database_metadata(catalog: Catalog, catalog_name: str, database: str) -> dict[str, Any]:
    _check_catalog(catalog_name)
    described = catalog.find_database(database.lower())
    if described is None:
        raise EntityNotFoundError(f"Database {database} not found.")
    return _described_database(database.lower(), described)


def databases_metadata(catalog: Catalog, catalog_name: str) -> list[dict[str, Any]]:
    _check_catalog(catalog_name)
    return [_described_database(name, described) for name, described in catalog.databases().items()]


def table_metadata(catalog: Catalog, catalog_name: str, database: str, name: str) -> dict[str, Any]:
    _check_catalog(catalog_name)
    table = catalog.find_table(database.lower(), name.lower())
    if table is None:
        raise EntityNotFoundError
    return _described_table(table)


def tables_metadata(catalog: Catalog, catalog_name: str, database: str) -> list[dict[str, Any]]:
    database_metadata(catalog, catalog_name, database)
    return [_described_table(table) for table in catalog.tables(database.lower())]


def _described_database(name: str, described: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": name,
        "Description": described.get("Description") or "",
        "Parameters": described.get("Parameters") or {},
    }


def _described_table(table: Table) -> dict[str, Any]:
    def columns(described: tuple[Any, ...]) -> list[dict[str, str]]:
        return [{"Name": column.name, "Type": column.hive_type, "Comment": column.comment} for column in described]

    return {
        "Name": table.name,
        "CreateTime": table.created_at.timestamp(),
        "TableType": table.table_type,
        "Columns": columns(table.columns),
        "PartitionKeys": columns(table.partition_keys),
        "Parameters": {
            **table.parameters,
            "inputformat": table.input_format,
            "location": table.location,
            "outputformat": table.output_format,
            **{f"serde.param.{name}": value for name, value in table.serde_parameters.items()},
            "serde.serialization.lib": table.serde,
        },
    }


def _check_catalog(name: str) -> None:
    if name.lower() != CATALOG:
        raise InvalidRequestError(f"The catalog {name} is not supported by the local Athena engine")
