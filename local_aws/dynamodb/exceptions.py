"""Errors of the DynamoDB API, named as AWS names them. `members` are what an error says beside its message."""

from typing import Any

from moto.core.exceptions import ServiceException


class DynamoDbException(ServiceException):
    def __init__(self, message: str, **members: Any) -> None:
        super().__init__(message)
        self.members = {name: value for name, value in members.items() if value is not None}


class ConditionalCheckFailedException(DynamoDbException):
    code = "ConditionalCheckFailedException"

    def __init__(self, item: dict[str, Any] | None = None) -> None:
        super().__init__("The conditional request failed", Item=item)


class ExportNotFoundException(DynamoDbException):
    code = "ExportNotFoundException"


class IdempotentParameterMismatchException(DynamoDbException):
    code = "IdempotentParameterMismatchException"


class InvalidExportTimeException(DynamoDbException):
    code = "InvalidExportTimeException"


class PointInTimeRecoveryUnavailableException(DynamoDbException):
    code = "PointInTimeRecoveryUnavailableException"


class ProvisionedThroughputExceededException(DynamoDbException):
    code = "ProvisionedThroughputExceededException"

    def __init__(self) -> None:
        super().__init__(
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your"
            " provisioning level with the UpdateTable API."
        )


class ResourceInUseException(DynamoDbException):
    code = "ResourceInUseException"


class ResourceNotFoundException(DynamoDbException):
    code = "ResourceNotFoundException"


class TableNotFoundException(DynamoDbException):
    code = "TableNotFoundException"


class TransactionCanceledException(DynamoDbException):
    """`reasons` has an entry for each action, in their order."""

    code = "TransactionCanceledException"

    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        codes = ", ".join(reason["Code"] for reason in reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        super().__init__(message, Message=message, CancellationReasons=reasons)


class ValidationException(DynamoDbException):
    code = "ValidationException"
