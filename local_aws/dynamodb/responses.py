"""The DynamoDB API. PartiQL, backups, global tables and imports are refused by name, as are the legacy parameters."""

import time

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.dynamodb.models import dynamodb_backends

from local_aws.dynamodb.batch_requests import BatchRequests
from local_aws.dynamodb.export_requests import ExportRequests
from local_aws.dynamodb.item_requests import ItemRequests
from local_aws.dynamodb.models import LocalDynamoDbBackend
from local_aws.dynamodb.table_requests import TableRequests
from local_aws.dynamodb.transaction_requests import TransactionRequests
from local_aws.json_services import JsonResponse, Parameters

THROTTLED = frozenset({"ProvisionedThroughputExceededException", "ThrottlingException"})


# A condition that does not hold is none either, by the same guide.
NO_USER_ERRORS = THROTTLED | {"ConditionalCheckFailedException"}
READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"})


class LocalDynamoDbResponse(
    JsonResponse, TableRequests, ItemRequests, BatchRequests, TransactionRequests, ExportRequests
):
    content_type = "application/x-amz-json-1.0"
    error_prefix = "com.amazonaws.dynamodb.v20120810#"

    def __init__(self) -> None:
        super().__init__(service_name="dynamodb")

    @property
    def backend(self) -> LocalDynamoDbBackend:
        return dynamodb_backends[self.current_account][self.region]

    def call_action(self) -> TYPE_RESPONSE:
        self.started_at = time.monotonic()
        return super().call_action()

    def answered(self, name: str, parameters: Parameters, error: ServiceException | None) -> None:
        """Count the request by AWS's metrics (developer guide, DynamoDB metrics and dimensions)."""
        if error is not None and error.code not in NO_USER_ERRORS and not _is_throttled(error):
            self.backend.count_user_error()
        for table in _tables_of(parameters):
            if error is None:
                milliseconds = (time.monotonic() - self.started_at) * 1000
                self.backend.count("SuccessfulRequestLatency", table, name, milliseconds)
            elif error.code in THROTTLED or _is_throttled(error):
                self.backend.count("ThrottledRequests", table, name)
                self.backend.count("ReadThrottleEvents" if name in READS else "WriteThrottleEvents", table)
            elif error.code == "ConditionalCheckFailedException":
                self.backend.count("ConditionalCheckFailedRequests", table)


def _is_throttled(error: ServiceException) -> bool:
    """Whether a transaction was cancelled because a table was throttled."""
    reasons = getattr(error, "members", {}).get("CancellationReasons", ())
    return any(reason["Code"] == "ProvisionedThroughputExceeded" for reason in reasons)


def _tables_of(parameters: Parameters) -> set[str]:
    """The tables that a request is about."""
    if "TableName" in parameters:
        return {str(parameters["TableName"])}
    if "TransactItems" in parameters:
        actions = [action for one in parameters["TransactItems"] for action in one.values()]
        return {action["TableName"] for action in actions if "TableName" in action}
    return set(parameters.get("RequestItems", ()))
