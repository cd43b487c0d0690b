"""Transactions: all of their actions, or none; repeated with its token, a transaction is made once."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from local_aws.dynamodb.capacity import Consumption
from local_aws.dynamodb.exceptions import (
    ConditionalCheckFailedException,
    IdempotentParameterMismatchException,
    ProvisionedThroughputExceededException,
    TransactionCanceledException,
    ValidationException,
)
from local_aws.dynamodb.expressions.paths import project
from local_aws.dynamodb.expressions.requests import RequestExpressions
from local_aws.dynamodb.item_requests import ANSWER_PARAMETERS, check_metrics
from local_aws.dynamodb.table_requests import Handler
from local_aws.dynamodb.tables import Table
from local_aws.dynamodb.writes import ItemWriter, Write, check_of, delete_of, key_of, put_of, update_of
from local_aws.json_services import Parameters, operation

MAX_ACTIONS = 100
MAX_BYTES = 4 << 20
# What an action consumes, compared with the same request by itself.
FACTOR = 2
WRITES: dict[str, Callable[[Table, Parameters], Write]] = {
    "ConditionCheck": check_of,
    "Delete": delete_of,
    "Put": put_of,
    "Update": update_of,
}
NO_REASON = {"Code": "None"}


class TransactionRequests:
    @operation(required=("TransactItems",), optional=(*ANSWER_PARAMETERS, "ClientRequestToken"))
    def transact_write_items(self: Handler, parameters: Parameters) -> dict[str, Any]:
        check_metrics(parameters)
        actions = parameters["TransactItems"]
        _check_count(len(actions))
        table = cache(self.backend.table)
        writes = [_write_of(table, action) for action in actions]
        if len({(write.table.number, write.place) for write in writes}) != len(writes):
            raise ValidationException("Transaction request cannot include multiple operations on one item")
        if sum(write.item.size for write in writes if write.item) > MAX_BYTES:
            raise ValidationException("The aggregate size of the items in the transaction exceeds the 4 MB limit")
        token = parameters.get("ClientRequestToken")
        request = hashlib.sha256(json.dumps(actions, sort_keys=True).encode()).digest()
        consumption = Consumption(factor=FACTOR)

        def change(writer: ItemWriter) -> None:
            if token and _is_repeated(writer.connection, token, request):
                return
            _make_all(writer, writes)

        self.backend.change_items(change, consumption)
        described = consumption.descriptions(parameters.get("ReturnConsumedCapacity"))
        return {"ConsumedCapacity": described} if described else {}

    @operation(required=("TransactItems",), optional=("ReturnConsumedCapacity",))
    def transact_get_items(self: Handler, parameters: Parameters) -> dict[str, Any]:
        """All items as they are at one moment."""
        gets = [action["Get"] for action in parameters["TransactItems"]]
        _check_count(len(gets))
        consumption = Consumption(factor=FACTOR)
        connection = self.backend.store.database.reader()
        connection.execute("BEGIN")
        try:
            answers = [_got(self, connection, get, consumption) for get in gets]
        finally:
            connection.execute("COMMIT")
        described = consumption.descriptions(parameters.get("ReturnConsumedCapacity"))
        return {"Responses": answers} | ({"ConsumedCapacity": described} if described else {})


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_ACTIONS:
        raise ValidationException(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have"
            f" length between 1 and {MAX_ACTIONS}"
        )


def _write_of(table: Callable[[str], Table], action: dict[str, Any]) -> Write:
    if len(action) != 1 or not WRITES.keys() >= action.keys():
        raise ValidationException(
            "TransactItems can only contain one of Check, Put, Update or Delete in each of its actions"
        )
    ((kind, parameters),) = action.items()
    return WRITES[kind](table(parameters["TableName"]), parameters)


def _is_repeated(connection: sqlite3.Connection, token: str, request: bytes) -> bool:
    """Whether the transaction was made already; it is from now on."""
    row = connection.execute("SELECT request FROM transactions WHERE token = ?", (token,)).fetchone()
    if row is None:
        connection.execute("INSERT INTO transactions VALUES (?, ?, ?)", (token, request, time.time()))
        return False
    if row[0] != request:
        raise IdempotentParameterMismatchException(
            "The request was rejected because the ClientRequestToken was used with other parameters before"
        )
    return True


def _make_all(writer: ItemWriter, writes: list[Write]) -> None:
    """Raises TransactionCanceledException with a reason for each action, which undoes them all."""
    reasons = [_made(writer, write) for write in writes]
    if any(reason is not NO_REASON for reason in reasons):
        raise TransactionCanceledException(reasons)


def _made(writer: ItemWriter, write: Write) -> dict[str, Any]:
    try:
        writer.make(write)
    except ConditionalCheckFailedException as error:
        return {"Code": "ConditionalCheckFailed", "Message": error.message, **error.members}
    except ProvisionedThroughputExceededException as error:
        return {"Code": "ProvisionedThroughputExceeded", "Message": error.message}
    except ValidationException as error:
        return {"Code": "ValidationError", "Message": error.message}
    return NO_REASON


def _got(handler: Handler, connection: sqlite3.Connection, get: Parameters, consumption: Consumption) -> dict[str, Any]:
    table = handler.backend.store.table(connection, get["TableName"].rpartition("/")[2])
    expressions = RequestExpressions(get)
    projection = expressions.projection()
    expressions.finish()
    place = table.key.place(key_of(table, get["Key"]))
    found = handler.backend.find(connection, table, place, consumption, is_consistent=True)
    if found is None:
        return {}
    return {"Item": found.item if projection is None else project(found.item, projection)}
