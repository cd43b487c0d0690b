"""Access to the Glue catalog and to Secrets Manager, as the functions that the jobs are given."""

from botocore.client import BaseClient

from lakehouse_glue.errors import BadInputError


def table_location(glue: BaseClient, database: str, table: str) -> str | None:
    """Location of a table; None when the catalog has no such table, as for a source table that DMS found empty."""
    try:
        return glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]["Location"]
    except glue.exceptions.EntityNotFoundException as error:
        if "database" in str(error).lower():
            raise BadInputError(
                f"The catalog has no database {database}: deploy the CloudFormation template."
            ) from None
        return None


def published_snapshot(glue: BaseClient, database: str, table: str) -> str | None:
    """Snapshot that a published table points to; None before the first publication."""
    try:
        return glue.get_table(DatabaseName=database, Name=table)["Table"].get("Parameters", {}).get("snapshot")
    except glue.exceptions.EntityNotFoundException:
        return None


def partition_years(glue: BaseClient, database: str, table: str) -> frozenset[int]:
    """Years of a table's partitions, whose first key is the year; none of a table that is not there."""
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=database, TableName=table, ExcludeColumnSchema=True
    )
    try:
        return frozenset(int(partition["Values"][0]) for page in pages for partition in page["Partitions"])
    except glue.exceptions.EntityNotFoundException:
        return frozenset()


def secret_text(secrets_manager: BaseClient, name: str) -> str:
    try:
        return secrets_manager.get_secret_value(SecretId=name)["SecretString"]
    except secrets_manager.exceptions.ResourceNotFoundException:
        raise BadInputError(f"Secrets Manager has no secret {name}: deploy the template.") from None
