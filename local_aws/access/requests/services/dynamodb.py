"""DynamoDB. Transactions need the permissions of what is in them (developer guide, Using IAM with transactions)."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.access.requests.calls import Call, Need, rules

PREFIX = "dynamodb"

_OPERATIONS = {
    "table/{TableName}": (
        "CreateTable DeleteItem DeleteTable DescribeContinuousBackups DescribeTable DescribeTimeToLive GetItem PutItem"
        " UpdateContinuousBackups UpdateItem UpdateTable UpdateTimeToLive"
    ),
    "table/{TableName}/index/{IndexName}|table/{TableName}": "Query Scan",
    "{TableArn}": "ExportTableToPointInTime",
    "{ExportArn}": "DescribeExport",
    "{ResourceArn}": (
        "DeleteResourcePolicy GetResourcePolicy ListTagsOfResource PutResourcePolicy TagResource UntagResource"
    ),
    "*": "DescribeEndpoints DescribeLimits ListExports ListTables",
}
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def _of_tables(call: Call) -> Iterator[Need]:
    for table in call.parameters.get("RequestItems", {}):
        yield _need(call, call.operation, table)


def _of_transaction(call: Call) -> Iterator[Need]:
    wanted = set()
    for item in call.parameters.get("TransactItems", []):
        for kind, content in item.items():
            wanted.add((_WRITES.get(kind, "GetItem"), content.get("TableName", "")))
    for action, table in sorted(wanted):
        yield _need(call, action, table)


def _need(call: Call, action: str, table: str) -> Need:
    return Need(f"dynamodb:{action}", table if table.startswith("arn:") else call.arn("dynamodb", f"table/{table}"))


def _exported(call: Call) -> Iterator[Need]:
    """The export's files are written as the caller (developer guide, Requesting a table export)."""
    parameters: Mapping[str, Any] = call.parameters
    yield Need("dynamodb:ExportTableToPointInTime", parameters.get("TableArn", "*"))
    prefix = f"{parameters['S3Prefix']}/" if parameters.get("S3Prefix") else ""
    files = f"arn:{call.partition}:s3:::{parameters.get('S3Bucket', '*')}/{prefix}AWSDynamoDB/*"
    yield Need("s3:PutObject", files)
    yield Need("s3:AbortMultipartUpload", files)


RULES = {
    **rules(PREFIX, _OPERATIONS),
    "BatchGetItem": _of_tables,
    "BatchWriteItem": _of_tables,
    "TransactGetItems": _of_transaction,
    "TransactWriteItems": _of_transaction,
    "ExportTableToPointInTime": _exported,
}
