"""A Glue catalog in which something of every kind was changed, and what a reader sees of it."""

from typing import Any

from botocore.client import BaseClient

COLUMNS = [{"Name": "symbol", "Type": "string"}]
KEYS = [{"Name": "year", "Type": "string"}]


def table_input(name: str, version: str) -> dict[str, Any]:
    return {
        "Name": name,
        "PartitionKeys": KEYS,
        "StorageDescriptor": {"Columns": COLUMNS, "Location": f"s3://lake/{name}"},
        "Parameters": {"version": version},
    }


def partition_input(year: str, location: str) -> dict[str, Any]:
    return {"Values": [year], "StorageDescriptor": {"Columns": COLUMNS, "Location": location}}


def catalog_of(glue: BaseClient) -> dict[str, Any]:
    """What a reader of the catalog sees."""
    catalog: dict[str, Any] = {}
    for database in glue.get_databases()["DatabaseList"]:
        name = database["Name"]
        tables = glue.get_tables(DatabaseName=name)["TableList"]
        catalog[name] = {
            "database": database,
            "tables": tables,
            "versions": {
                table["Name"]: glue.get_table_versions(DatabaseName=name, TableName=table["Name"])["TableVersions"]
                for table in tables
            },
            "partitions": {
                table["Name"]: glue.get_partitions(DatabaseName=name, TableName=table["Name"])["Partitions"]
                for table in tables
            },
        }
    return catalog


def change_catalog(glue: BaseClient) -> None:
    """A change of every kind that the catalog knows."""
    for name in ("kept", "dropped"):
        glue.create_database(DatabaseInput={"Name": name})
        glue.create_table(DatabaseName=name, TableInput=table_input("prices", "1"))
    prices = {"DatabaseName": "kept", "TableName": "prices"}
    glue.create_table(DatabaseName="kept", TableInput=table_input("gone", "1"))
    for year in ("2024", "2025", "2026"):
        glue.create_partition(**prices, PartitionInput=partition_input(year, f"s3://lake/{year}"))
    for version in ("2", "3", "4"):
        glue.update_table(DatabaseName="kept", TableInput=table_input("prices", version))
    glue.update_partition(
        **prices, PartitionValueList=["2025"], PartitionInput=partition_input("2025", "s3://lake/moved")
    )
    glue.update_partition(
        **prices, PartitionValueList=["2024"], PartitionInput=partition_input("2023", "s3://lake/2023")
    )
    glue.delete_partition(**prices, PartitionValues=["2026"])
    glue.batch_create_partition(**prices, PartitionInputList=[partition_input("2027", "s3://lake/2027")])
    glue.delete_table_version(**prices, VersionId="2")
    glue.delete_table(DatabaseName="kept", Name="gone")
    glue.update_database(Name="kept", DatabaseInput={"Name": "kept", "Description": "of prices"})
    glue.delete_database(Name="dropped")
